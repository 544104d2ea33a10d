"""A route accepts its declared fields only. Run with each service's settings in turn."""

import importlib
import json
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from rest_framework.test import APIClient

from shared_events.ids import uuid7
from tests.access.table import TABLE
from tests.access.world import STAFF_ROLES

SERVICE: str = settings.SERVICE
STRANGER = str(uuid7())
#: What an attacker might try to set: fields of answers, and of models.
SMUGGLED: dict[str, Any] = {
    **dict.fromkeys(("id", "pk", "userId", "user_id", "user", "buyer", "orderId", "order_id"), STRANGER),
    **dict.fromkeys(("paymentId", "payment_id", "intent_id", "order", "sid", "refresh_id"), STRANGER),
    **dict.fromkeys(("isStaff", "is_staff", "is_superuser", "sold", "withdrawn", "extended"), True),
    **dict.fromkeys(("version", "order_position", "position"), 4_242_424),
    **dict.fromkeys(("expiresAt", "expires_at", "createdAt", "created_at"), "2042-04-02T04:02:42Z"),
    **dict.fromkeys(("emailVerified", "email_verified_at"), "2042-04-02T04:02:42Z"),
}
# The whole day: "2042" alone is part of one random id in some thousands.
TRACES = (STRANGER, "4242424", "2042-04-02")
WRITES = [route for route in TABLE[SERVICE] if route[0] in {"POST", "PUT", "PATCH"}]


def _everything_stored() -> str:
    """Every row of every table of this service, except what only keeps requests."""
    models = [model for model in apps.get_models() if model._meta.app_label not in {"sessions", "admin"}]
    return json.dumps([list(model._default_manager.values()) for model in models], default=str)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "route"), WRITES)
class TestAWrite:
    def test_takes_no_field_that_it_did_not_ask_for(self, method: str, route: str) -> None:
        world = importlib.import_module(f"tests.access.worlds.{SERVICE}").build("owner")
        world.add_events()
        # What only staff may do is done by those who may do most.
        asker = "money" if "/staff/" in route else "owner"
        body = SMUGGLED | world.body(method, route)
        headers = {"Authorization": f"Bearer {world.tokens[asker]}"}
        ask = getattr(APIClient(), method.lower())
        answer = ask(route.format_map(world.ids), body, headers=headers)
        assert answer.status_code < 500
        for trace in TRACES:
            assert trace not in answer.content.decode()
            assert trace not in _everything_stored()
        assert not _staff_are_made([world.people[role] for role in STAFF_ROLES])


def _staff_are_made(known: list[UUID]) -> bool:
    if SERVICE != "auth":
        return False
    from auth_service.accounts.models import User

    return User.objects.filter(is_staff=True).exclude(id__in=known).exists()
