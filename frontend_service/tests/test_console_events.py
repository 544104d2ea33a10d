from datetime import UTC, datetime
from typing import Any

import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem, new_id, timestamp
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser.console_parts import ERROR, HALT_REASON, add_dead_letters
from tests.browser.scenario import Scenario

Json = dict[str, Any]
STREAM = "/console/events/orders/streams/ticket"


@pytest.fixture
def dead(marketplace: Marketplace) -> Json:
    return add_dead_letters(Scenario(market=marketplace))


class TestEvents:
    def test_shows_every_services_streams(self, operator: Browser, dead: Json) -> None:
        shown = text_of(operator.open("/console/events"))
        for name in ("Accounts", "Listings", "Orders", "Payments"):
            assert f"{name} Relay at work" in shown
        assert "payment position 3 all published" in shown
        assert "order position 41 of 41 up to date" in shown

    def test_shows_what_is_late(self, marketplace: Marketplace, operator: Browser) -> None:
        marketplace.halted["orders", "ticket"] = HALT_REASON
        marketplace.statuses["payments"] = {
            "lease": {"isHeld": False, "freeSeconds": 340.0},
            "published": [
                {"stream": "payment", "head": 9, "unpublishedEvents": 3, "oldestUnpublishedSeconds": 75}
            ],
            "unsentCommands": 5,
            "oldestUnsentCommandSeconds": 71.0,
            "skipped": [{"stream": "order", "firstPosition": 2, "lastPosition": 4, "description": ""}],
        }
        shown = text_of(operator.open("/console/events"))
        assert "Halted for 25 minutes" in shown
        assert "No relay" in shown
        assert "Lease free for 5 minutes" in shown
        assert "3 unpublished, oldest 1 minute" in shown
        assert "Commands waiting 5 oldest 1 minute" in shown
        assert "positions 2 to 4" in shown

    def test_lists_parked_events_of_all_services(self, operator: Browser, dead: Json) -> None:
        page = operator.open("/console/events")
        assert ERROR in text_of(page)
        assert "2 events wait behind it" in text_of(page)
        assert f'href="/console/events/orders/{dead["id"]}"' in page.content.decode()
        assert "Retried by itself" in text_of(page)

    @pytest.mark.parametrize(
        ("query", "orders", "tickets"),
        [
            ("service=orders", True, False),
            ("service=tickets", False, True),
            ("error=integrityerror", True, False),
            ("error=LOCK", False, True),
            ("service=orders&error=lock", False, False),
            ("service=nobody", True, True),
        ],
    )
    def test_filters_by_service_and_error(
        self, operator: Browser, dead: Json, query: str, orders: bool, tickets: bool
    ) -> None:
        shown = text_of(operator.open(f"/console/events?{query}"))
        assert (ERROR in shown) == orders
        assert ("the lock timed out" in shown) == tickets

    def test_shows_the_services_that_answer(
        self, marketplace: Marketplace, operator: Browser, dead: Json
    ) -> None:
        marketplace.down = {"tickets"}
        page = operator.open("/console/events")
        assert page.status_code == 200
        assert "Listings don’t answer." in text_of(page)
        assert ERROR in text_of(page)


class TestAParkedEvent:
    def test_shows_why_and_its_data(self, operator: Browser, dead: Json) -> None:
        shown = text_of(operator.open(f"/console/events/orders/{dead['id']}"))
        assert "Dead letter" in shown
        assert "Traceback (most recent call last):" in shown
        assert '"amount": "88.50"' in shown
        assert "Waiting behind it 2 events" in shown
        assert "note_payment" in shown
        assert "About $88.50" in shown

    def test_leads_to_what_may_be_done(self, operator: Browser, dead: Json) -> None:
        html = operator.open(f"/console/events/orders/{dead['id']}").content.decode()
        address = f"/console/events/orders/{dead['id']}"
        for path in (f"{address}/redrive", f"{address}/redrive?alike=1", f"{address}/discard"):
            assert f'href="{path}"' in html

    def test_offers_nothing_while_it_waits(
        self, marketplace: Marketplace, operator: Browser, dead: Json
    ) -> None:
        waiting = marketplace.parked["orders"][1]
        html = operator.open(f"/console/events/orders/{waiting['id']}").content.decode()
        assert "/redrive" not in html
        assert "/discard" not in html

    def test_is_unavailable_with_its_service(
        self, marketplace: Marketplace, operator: Browser, dead: Json
    ) -> None:
        marketplace.down = {"orders"}
        assert operator.open(f"/console/events/orders/{dead['id']}").status_code == 503


class TestRedriveAndDiscard:
    @pytest.mark.parametrize(
        ("verb", "says", "body", "done"),
        [
            ("redrive", "2 later events that wait behind it follow.", {}, "1 event is being tried again."),
            (
                "redrive?alike=1",
                "All events of Orders with this error are tried again.",
                {"alike": True},
                "2 events are being tried again.",
            ),
            ("discard", "Orders never applies this event", {}, "Event discarded."),
        ],
    )
    def test_says_what_will_happen_and_does_it(
        self, marketplace: Marketplace, operator: Browser, dead: Json,
        verb: str, says: str, body: Json, done: str,
    ) -> None:  # fmt: skip
        address = f"/console/events/orders/{dead['id']}/{verb}"
        page = operator.open(address)
        assert says in text_of(page)
        assert ERROR in text_of(page)
        assert marketplace.acted == []
        answer = operator.fill(page, address, reason="It was mended")
        path = f"events/parked/{dead['id']}/{verb.partition('?')[0]}"
        assert marketplace.acted == [("orders", path, {"reason": "It was mended"} | body)]
        assert answer.headers["Location"] == "/console/events"
        assert done in text_of(operator.follow(answer))

    @pytest.mark.parametrize("reason", ["", "   ", "x" * 151])
    def test_needs_a_reason(
        self, marketplace: Marketplace, operator: Browser, dead: Json, reason: str
    ) -> None:
        address = f"/console/events/orders/{dead['id']}/discard"
        answer = operator.fill(operator.open(address), address, reason=reason)
        assert answer.status_code == 400
        assert 'aria-invalid="true"' in answer.content.decode()
        assert marketplace.acted == []

    def test_shows_the_services_refusal_and_keeps_the_reason(
        self, marketplace: Marketplace, operator: Browser, dead: Json
    ) -> None:
        address = f"/console/events/orders/{dead['id']}/discard"
        page = operator.open(address)
        refused = Problem(403, "not-allowed", "Your role may not do this.")
        marketplace.problems[f"POST /api/orders/staff/events/parked/{dead['id']}/discard"] = refused
        answer = operator.fill(page, address, reason="It was mended")
        assert answer.status_code == 403
        assert "Your role may not do this." in text_of(answer)
        assert 'value="It was mended"' in answer.content.decode()

    def test_is_gone_once_another_did_it(
        self, marketplace: Marketplace, operator: Browser, dead: Json
    ) -> None:
        address = f"/console/events/orders/{dead['id']}/redrive"
        page = operator.open(address)
        marketplace.parked.clear()
        assert operator.fill(page, address, reason="It was mended").status_code == 404


class TestAHaltedStream:
    @pytest.fixture(autouse=True)
    def _halted(self, marketplace: Marketplace) -> None:
        marketplace.halted["orders", "ticket"] = HALT_REASON
        now = timestamp(datetime.now(UTC))
        marketplace.lost = [
            {"position": 40, "type": "ticket.edited", "aggregateId": new_id(), "occurredAt": now}
        ]

    def test_says_why_and_resumes_where_it_stopped(self, marketplace: Marketplace, operator: Browser) -> None:
        page = operator.open(STREAM)
        assert HALT_REASON in text_of(page)
        assert "Nothing, if it resumes where it stopped." in text_of(page)
        assert f'href="{STREAM}/resume"' in page.content.decode()
        assert f'href="{STREAM}?from=0"' in page.content.decode()
        page = operator.open(f"{STREAM}/resume")
        assert "The stream goes on where it stopped, after position 41." in text_of(page)
        answer = operator.fill(page, f"{STREAM}/resume", reason="The disk is back")
        assert marketplace.acted == [
            ("orders", "events/streams/ticket/resume", {"reason": "The disk is back"})
        ]
        assert answer.headers["Location"] == STREAM
        assert "The stream ticket is followed again, from position 41." in text_of(operator.follow(answer))

    def test_lists_what_would_be_lost_first(self, marketplace: Marketplace, operator: Browser) -> None:
        page = operator.open(f"{STREAM}?from=39")
        shown = text_of(page)
        assert "1 event that was received here comes after position 39." in shown
        assert shown.index("40: ticket.edited") < shown.index("Resume after position 39…")
        address = f"{STREAM}/resume?from=39"
        assert f'href="{address}"' in page.content.decode()
        page = operator.open(address)
        assert "1 event that was received is given up" in text_of(page)
        operator.fill(page, address, reason="The log was restored")
        [(_, _, body)] = marketplace.acted
        assert body == {"reason": "The log was restored", "from": 39}

    def test_passes_the_publishers_event_on(self, marketplace: Marketplace, operator: Browser) -> None:
        last = new_id()
        address = f"{STREAM}/resume?from=39&lastId={last}"
        operator.fill(operator.open(address), address, reason="Restored")
        assert marketplace.acted[0][2]["lastId"] == last

    @pytest.mark.parametrize("position", ["-1", "x", "1.5", "9" * 30, "²"])
    def test_ignores_what_is_no_position(self, operator: Browser, position: str) -> None:
        page = operator.open(f"{STREAM}?from={position}")
        assert page.status_code == 200
        assert "Resume where it stopped…" in text_of(page)


class TestAFollowedStream:
    def test_has_nothing_to_resume(self, operator: Browser) -> None:
        page = operator.open(STREAM)
        assert "There is nothing to resume." in text_of(page)
        assert "/resume" not in page.content.decode()
