"""Every route × method × role, as `table.py` has it. Run with each service's settings in turn."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from tests.access.table import TABLE, Route
from tests.access.world import ROLES, World

SERVICE: str = settings.SERVICE
#: HEAD is routed as GET, and OPTIONS returns no more than the API documents.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _patterns(resolver: Any, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, route)
        else:
            yield route, entry


def _routes() -> set[Route]:
    """Everything that the service's urls answer; the admin, which is Django's, as one."""
    found: set[Route] = set()
    for route, pattern in _patterns(get_resolver()):
        if route.startswith("/admin/"):
            found.add(("GET", "/admin/"))
            continue
        view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        methods = [name for name in METHODS if view is None or hasattr(view, name.lower())]
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
        found |= {(method, path) for method in (methods if view else ("GET",))}
    return found


def _build(role: str) -> World:
    world: World = importlib.import_module(f"tests.access.worlds.{SERVICE}").build(role)
    world.add_events()
    if SERVICE != "auth":
        from service_defaults.revocation import operations as revocation

        suspended = world.people["suspended"]
        revocation.revoke_user_tokens(user_id=suspended, version=1, suspended=True, not_before=timezone.now())
    return world


def _request(world: World, role: str, method: str, route: str) -> int:
    if route == "/admin/":
        return _visit_admin(world, role)
    headers = {"Authorization": f"Bearer {world.tokens[role]}"} if role in world.tokens else {}
    client = APIClient(raise_request_exception=False)
    body = None if method in {"GET", "DELETE"} else world.body(method, route)
    answer = getattr(client, method.lower())(route.format_map(world.ids), body, headers=headers)
    status: int = answer.status_code
    return status


def _visit_admin(world: World, role: str) -> int:
    browser = Client()
    if role in world.tokens:
        browser.cookies["access_token"] = world.tokens[role]
    browser.get(f"/admin/{SERVICE}/login/")
    return browser.get(f"/admin/{SERVICE}/").status_code


class TestTheTable:
    def test_has_every_route_and_method_of_the_service_and_no_other(self) -> None:
        assert set(TABLE[SERVICE]) == _routes()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "route"), TABLE[SERVICE])
class TestARoute:
    def test_answers_each_role_as_the_table_says(self, method: str, route: str, role: str) -> None:
        expected = TABLE[SERVICE][method, route].of(role)
        assert _request(_build(role), role, method, route) == expected
