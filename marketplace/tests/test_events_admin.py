"""The events in each service's admin. Run with the settings of each service that follows the users."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from marketplace.users.models import UserReplica
from service_defaults.testing import operator_in
from shared_events.ids import uuid7
from shared_events.models import Cursor, LoggedEvent, ParkedEvent, PublishedStream

pytestmark = pytest.mark.django_db

HOME = f"/admin/{settings.SERVICE}/"


@pytest.fixture
def operator() -> Client:
    return operator_in(HOME, role="support")


def _page(operator: Client, address: str, **fields: str) -> str:
    answer = operator.get(f"{HOME}{address}", fields)
    assert answer.status_code == 200
    return answer.content.decode()


def _follow(operator: Client, label: str) -> tuple[int, str]:
    """Return a number of the start page, and the list that it links to."""
    page = _page(operator, "")
    found = re.search(rf'<a href="([^"]+)"><strong>(\d+)</strong> <span>{label}</span>', page)
    assert found, label
    answer = operator.get(found[1].replace("&amp;", "&"))
    assert answer.status_code == 200
    return int(found[2]), answer.content.decode()


def _parked(**fields: Any) -> ParkedEvent:
    common = {"stream": "user", "type": "user.suspended", "envelope": "{}", "error": "ValueError"}
    values = {"position": ParkedEvent.objects.count() + 1, "aggregate_id": uuid7(), **common, **fields}
    return ParkedEvent.objects.create(**values)


def _logged(**fields: Any) -> LoggedEvent:
    [stream] = settings.EVENTS.publishes
    values: dict[str, Any] = {"event_id": uuid7(), "aggregate_id": uuid7(), "occurred_at": timezone.now()}
    kind = {"stream": stream, "type": f"{stream}.happened", "schema_version": 1, "version": 1, "data": {}}
    return LoggedEvent.objects.create(correlation_id="a-request", **values, **kind, **fields)


class TestTheStartPage:
    def test_counts_dead_letters_and_lists_them_by_error(self, operator: Client) -> None:
        dead, retried = _parked(dead_at=timezone.now()), _parked(next_try_at=timezone.now())
        count, page = _follow(operator, "Dead letters")
        assert count == 1
        assert str(dead.aggregate_id) in page
        assert str(retried.aggregate_id) not in page
        assert "Dead letters by error" in _page(operator, "")
        count, page = _follow(operator, "Parked events")
        assert (count, str(dead.aggregate_id) in page) == (1, False)

    def test_counts_how_far_streams_are_behind(self, operator: Client) -> None:
        Cursor.objects.create(stream="user", position=3, head=8)
        count, page = _follow(operator, "Lag")
        assert count == 5
        assert "user" in page
        Cursor.objects.update(position=8)
        assert _follow(operator, "Lag")[0] == 0

    def test_names_a_halted_stream_with_its_reason(self, operator: Client) -> None:
        Cursor.objects.create(stream="user", halted_at=timezone.now(), halt_reason="the log is another one")
        count, page = _follow(operator, "Halted streams")
        assert (count, "the log is another one" in page) == (1, True)
        assert "the log is another one" in _page(operator, "")

    def test_counts_unpublished_events_and_lists_them(self, operator: Client) -> None:
        [stream] = settings.EVENTS.publishes
        confirmed, sent, new = _logged(position=1), _logged(position=2), _logged()
        PublishedStream.objects.create(stream=stream, published=1)
        count, page = _follow(operator, "Unpublished")
        assert count == 2
        assert str(confirmed.aggregate_id) not in page
        assert str(sent.aggregate_id) in page
        assert str(new.aggregate_id) in page


class TestAList:
    def test_finds_an_event_by_the_request_that_caused_it(self, operator: Client) -> None:
        event = _logged()
        place = "shared_events/loggedevent/"
        assert str(event.aggregate_id) in _page(operator, place, q="a-request")
        assert str(event.aggregate_id) not in _page(operator, place, q="another")

    def test_shows_a_user_as_a_link_to_the_account(self, operator: Client) -> None:
        user = UserReplica.objects.create(id=uuid7(), status="active", version=1)
        page = _page(operator, "users/userreplica/")
        link = f'<a href="/admin/auth/accounts/user/{user.id}/change/"><span class="id" title="{user.id}">'
        assert link in page


class TestTheHistory:
    def test_names_an_operator_by_a_link_to_the_account(self, operator: Client) -> None:
        event = _parked(dead_at=timezone.now())
        place = f"{HOME}shared_events/parkedevent/"
        body = {"action": "redrive_selected", "_selected_action": [str(event.pk)]}
        operator.post(place, body)
        assert '"/admin/auth/accounts/user/' in _page(
            operator, f"shared_events/parkedevent/{event.pk}/history/"
        )
