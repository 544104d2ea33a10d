"""What staff see of a service's events. Runs with each service's settings."""

from collections.abc import Callable

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from marketplace.staff.tests.conftest import BASE, STREAM
from service_defaults.camel_case import camel_case
from service_defaults.testing import token_for
from shared_events import context
from shared_events.ids import uuid7
from shared_events.models import Cursor, LoggedEvent, ParkedEvent
from shared_events.status import read_status

ROUTES = ("events", "events/parked", "events/parked/1", f"events/streams/{STREAM}", "events/log?about=r1")


class TestReading:
    @pytest.mark.parametrize("route", ROUTES)
    def test_needs_a_sign_in(self, db: None, route: str) -> None:
        answer = APIClient().get(f"{BASE}/{route}")
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")

    @pytest.mark.parametrize("route", ROUTES)
    def test_is_refused_to_who_is_not_staff(self, client_of: Callable[..., APIClient], route: str) -> None:
        assert client_of(staff=False, role="support").get(f"{BASE}/{route}").status_code == 403

    def test_needs_no_role(self, client_of: Callable[..., APIClient]) -> None:
        assert client_of(staff=True).get(f"{BASE}/events").status_code == 200

    def test_is_refused_to_a_token_that_was_forged(self, db: None) -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_for(uuid7(), staff=True)}x")
        assert client.get(f"{BASE}/events").status_code == 401


class TestEventStatus:
    def test_has_everything_that_is_known_in_camel_case(self, support: APIClient, halted: Cursor) -> None:
        shown = support.get(f"{BASE}/events").json()
        known = read_status().as_dict()
        assert set(shown) == {camel_case(name) for name in known}
        assert (shown["service"], shown["haltedStreams"]) == (settings.SERVICE, 1)
        [weather] = [stream for stream in shown["followed"] if stream["stream"] == STREAM]
        assert (weather["position"], weather["lagEvents"]) == (5, 4)
        assert (weather["haltReason"], weather["haltedSeconds"] >= 0) == ("Another log", True)
        for published, stream in zip(shown["published"], known["published"], strict=True):
            assert set(published) == {camel_case(name) for name in stream}
        assert shown["lease"] == {"holder": None, "isHeld": False, "freeSeconds": None}


class TestParkedEvents:
    def test_are_listed_newest_first_in_pages(
        self, support: APIClient, parked: Callable[..., ParkedEvent], django_assert_max_num_queries
    ) -> None:
        first = parked("Trouble")
        behind = parked(of=first.aggregate_id)
        dead = parked("Worse", dead=True)
        with django_assert_max_num_queries(3):
            page = support.get(f"{BASE}/events/parked?limit=2")
        assert [(row["id"], row["state"]) for row in page.json()] == [
            (dead.id, "dead"),
            (behind.id, "waiting"),
        ]
        link = page["Link"]
        [row] = support.get(link[1 : link.index(">")]).json()
        assert (row["id"], row["state"], row["waitingBehind"], row["tries"]) == (first.id, "parked", 1, 1)
        assert row["error"] == "ValueError: Trouble"
        assert row["handlers"] == []
        assert (row["deadAt"], row["nextTryAt"] > row["parkedAt"]) == (None, True)

    @pytest.mark.parametrize("query", ["cursor=%00", "cursor=AAAA", "limit=0", "cursor=" + "A" * 22])
    def test_are_not_listed_for_a_wrong_query(self, support: APIClient, query: str) -> None:
        assert support.get(f"{BASE}/events/parked?{query}").status_code == 400

    def test_are_shown_with_what_they_say_and_why_they_failed(
        self, support: APIClient, parked: Callable[..., ParkedEvent]
    ) -> None:
        row = parked("Trouble")
        shown = support.get(f"{BASE}/events/parked/{row.id}").json()
        assert "ValueError: Trouble" in shown["traceback"]
        assert shown["envelope"]["data"] == {"sky": "grey"}
        assert shown["envelope"]["aggregateId"] == str(row.aggregate_id)

    @pytest.mark.parametrize("parked_id", [0, 4_242, 10**30])
    def test_are_not_found_by_another_id(self, support: APIClient, parked_id: int) -> None:
        assert support.get(f"{BASE}/events/parked/{parked_id}").status_code == 404


class TestTheLog:
    @pytest.fixture
    def logged(self, db: None) -> LoggedEvent:
        trace = f"00-{'a' * 32}-{'b' * 16}-01"
        now = context.Context(correlation_id="request-1", traceparent=trace)
        if not settings.EVENTS.publishes:
            pytest.skip("This service publishes nothing")
        return LoggedEvent.objects.create(
            stream=settings.EVENTS.publishes[0],
            event_id=uuid7(),
            type="thing.done",
            schema_version=1,
            aggregate_id=uuid7(),
            version=1,
            occurred_at="2026-01-31T12:00:00Z",
            correlation_id=now.correlation_id,
            traceparent=now.traceparent,
            data={"of": str(uuid7())},
        )

    def test_is_searched_by_aggregate_request_event_and_data(
        self, support: APIClient, logged: LoggedEvent
    ) -> None:
        for about in (logged.aggregate_id, "request-1", logged.event_id, logged.data["of"]):
            [event] = support.get(f"{BASE}/events/log?about={about}").json()
            assert event == {
                "stream": logged.stream,
                "position": None,
                "eventId": str(logged.event_id),
                "type": "thing.done",
                "aggregateId": str(logged.aggregate_id),
                "version": 1,
                "occurredAt": "2026-01-31T12:00:00Z",
                "correlationId": "request-1",
                "causationId": None,
                "traceId": "a" * 32,
                "data": logged.data,
            }

    def test_has_nothing_about_what_nobody_knows(self, support: APIClient) -> None:
        assert support.get(f"{BASE}/events/log?about={uuid7()}").json() == []

    @pytest.mark.parametrize("query", ["", "about=", f"about={'x' * 65}", "about=%00"])
    def test_wants_to_know_about_what(self, support: APIClient, query: str) -> None:
        assert support.get(f"{BASE}/events/log?{query}").status_code == 400
