from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from service_defaults.camel_case import CamelCaseSerializer, camel_case
from service_defaults.paging import KeysetPagination
from service_defaults.staff_api import ReasonInput, StaffAction, StaffView, read_reason
from service_defaults.testing import token_for
from service_defaults.tests.notes.models import Note

SendTo = Callable[..., Response]


class Look(StaffView):
    def get(self, request: Request) -> Response:
        return Response({})


class Erase(StaffAction):
    action_roles = ("editor",)
    needs_recent_login = True

    def post(self, request: Request) -> Response:
        return Response({"reason": read_reason(request)})


@pytest.fixture
def send_to(writer: UUID) -> SendTo:
    """Send a request to a view with a token of these claims; without claims as nobody."""

    def send(view: type[StaffView], body: Any = None, **claims: Any) -> Response:
        headers = {"Authorization": f"Bearer {token_for(writer, **claims)}"} if claims else {}
        factory = APIRequestFactory()
        made = factory.get if view is Look else factory.post
        request = made("/", body, headers=headers)
        response: Response = view.as_view()(request)
        return response

    return send


def _code(response: Response) -> str:
    code: str = response.data["errors"][0]["code"]
    return code


@pytest.mark.django_db
class TestForStaff:
    def test_admits_staff_to_what_they_may_see(self, send_to: SendTo) -> None:
        assert send_to(Look, staff=True).status_code == 200
        assert send_to(Look, staff=False).status_code == 403
        assert send_to(Look).status_code == 401

    def test_admits_a_role_that_has_signed_in_lately_to_an_action(self, send_to: SendTo) -> None:
        why = {"reason": "It is wrong"}
        assert send_to(Erase, why, staff=True, role="editor").data == why
        assert _code(send_to(Erase, why, staff=True, role="reader")) == "role-required"
        long_ago = int((datetime.now(UTC) - timedelta(minutes=11)).timestamp())
        response = send_to(Erase, why, staff=True, role="editor", auth_time=long_ago)
        assert (response.status_code, _code(response)) == (403, "recent-login-required")
        assert "10 minutes" in response.data["detail"]
        # A role is nothing without being staff.
        assert _code(send_to(Erase, why, staff=False, role="editor")) == "permission-denied"


@pytest.mark.django_db
class TestReason:
    @pytest.mark.parametrize(
        "body", [{}, {"reason": None}, {"reason": " \x1b\n"}, {"reason": 7}, {"reason": "x" * 151}]
    )
    def test_is_required(self, send_to: SendTo, body: dict[str, Any]) -> None:
        response = send_to(Erase, body, staff=True, role="editor")
        assert (response.status_code, _code(response)) == (400, "reason-required")

    @pytest.mark.parametrize(
        ("given", "kept"), [("  a\n\nb\tc ", "a b c"), ("a\x1b[1mb\x00", "a [1mb"), ("x" * 150, "x" * 150)]
    )
    def test_is_kept_as_one_line_that_can_be_seen(self, given: str, kept: str) -> None:
        data = ReasonInput(data={"reason": given})
        assert data.is_valid()
        assert data.validated_data["reason"] == kept


class TestCamelCase:
    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("id", "id"),
            ("created_at", "createdAt"),
            ("oldest_parked_event_seconds", "oldestParkedEventSeconds"),
        ],
    )
    def test_joins_the_words(self, name: str, shown: str) -> None:
        assert camel_case(name) == shown

    def test_names_the_fields_outside(self) -> None:
        class Shown(CamelCaseSerializer):
            made_at = serializers.CharField()
            of_whom = serializers.CharField(source="owner")
            how_many = serializers.SerializerMethodField()

            def get_how_many(self, _: object) -> int:
                return 3

        row = {"made_at": "today", "owner": "ann"}
        assert Shown(row).data == {"madeAt": "today", "ofWhom": "ann", "howMany": 3}
        taken = Shown(data={"madeAt": "today", "ofWhom": "ann"})
        assert taken.is_valid()
        assert taken.validated_data == row


@pytest.mark.django_db
class TestPagesOfRowsWithNumbers:
    def test_are_not_those_of_rows_with_uuids(self) -> None:
        pages = KeysetPagination()
        request = Request(APIRequestFactory().get("/", {"cursor": "A" * 22}))
        with pytest.raises(ValidationError, match="Cursor"):
            pages.paginate_queryset(LogEntry.objects.all(), request)
        request = Request(APIRequestFactory().get("/", {"cursor": "AAAAAAAAAAA"}))
        assert pages.paginate_queryset(LogEntry.objects.all(), request) == []
        with pytest.raises(ValidationError, match="Cursor"):
            pages.paginate_queryset(Note.objects.all(), request)
