"""What staff decide about a service's events. Runs with each service's settings."""

import logging
from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.staff.tests.conftest import BASE, STREAM
from shared_events.ids import uuid7
from shared_events.inbox import parking, redrive
from shared_events.models import Cursor, DiscardedEvent, ParkedEvent
from shared_events.skipped import open_ranges

ACTIONS = ("parked/1/redrive", "parked/1/discard", f"streams/{STREAM}/resume")
WHY = {"reason": "The cause is mended"}


class TestActing:
    @pytest.mark.parametrize("action", ACTIONS)
    def test_needs_a_sign_in(self, db: None, action: str) -> None:
        assert APIClient().post(f"{BASE}/events/{action}", WHY).status_code == 401

    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize(
        ("claims", "code"),
        [
            ({"staff": False, "role": "support"}, "permission-denied"),
            ({"staff": True}, "role-required"),
            ({"staff": True, "role": "editor"}, "role-required"),
        ],
    )
    def test_needs_staff_with_the_role(
        self, client_of: Callable[..., APIClient], action: str, claims: dict[str, object], code: str
    ) -> None:
        answer = client_of(**claims).post(f"{BASE}/events/{action}", WHY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, code)

    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("reason", [None, "", "  ", "\n\t", "x" * 151, 42, ["x"], "missing"])
    def test_needs_a_reason(self, support: APIClient, action: str, reason: object) -> None:
        answer = support.post(f"{BASE}/events/{action}", {} if reason == "missing" else {"reason": reason})
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["code"], error["field"]) == (400, "reason-required", "reason")

    @pytest.mark.parametrize("action", ACTIONS)
    def test_knows_nothing_of_what_is_not_there(self, support: APIClient, action: str) -> None:
        assert support.post(f"{BASE}/events/{action}", WHY).status_code == 404

    def test_is_in_the_audit_log_and_the_history(
        self,
        support: APIClient,
        operator_id: UUID,
        parked: Callable[..., ParkedEvent],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO, "audit")
        row = parked("Trouble")
        support.post(f"{BASE}/events/parked/{row.id}/redrive", {"reason": "It is\nmended  now"})
        [record] = [record for record in caplog.records if record.name == "audit"]
        assert {
            name: getattr(record, name) for name in ("event", "action", "on", "operator", "role", "reason")
        } == {
            "event": "operator.acted",
            "action": "redrive requested",
            "on": str(row.id),
            "operator": str(operator_id),
            "role": "support",
            "reason": "It is mended now",
        }
        entry = LogEntry.objects.get()
        assert entry.get_change_message() == "redrive requested: It is mended now"
        assert (entry.object_id, entry.get_edited_object()) == (str(row.id), row)


class TestRedriving:
    def test_has_the_event_tried_again_with_what_waits_behind(
        self, support: APIClient, parked: Callable[..., ParkedEvent]
    ) -> None:
        row = parked("Trouble", dead=True)
        parked(of=row.aggregate_id)
        answer = support.post(f"{BASE}/events/parked/{row.id}/redrive", WHY)
        assert (answer.status_code, answer.json()) == (202, {"count": 1})
        assert redrive.retry_due() == 2
        assert not ParkedEvent.objects.exists()

    def test_has_all_alike_tried_again(self, support: APIClient, parked: Callable[..., ParkedEvent]) -> None:
        rows = [parked("Trouble", dead=True) for _ in range(3)]
        other = parked("Something else")
        ParkedEvent.objects.update(next_try_at=None)
        answer = support.post(f"{BASE}/events/parked/{rows[0].id}/redrive", {**WHY, "alike": True})
        assert answer.json() == {"count": 3}
        redrive.retry_due()
        assert [row.id for row in ParkedEvent.objects.all()] == [other.id]

    def test_is_not_for_what_waits_behind_another(
        self, support: APIClient, parked: Callable[..., ParkedEvent]
    ) -> None:
        behind = parked(of=parked("Trouble").aggregate_id)
        answer = support.post(f"{BASE}/events/parked/{behind.id}/redrive", WHY)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "waits-for-an-older-event")
        assert not LogEntry.objects.exists()


class TestDiscarding:
    def test_keeps_who_decided_and_why(
        self, support: APIClient, operator_id: UUID, parked: Callable[..., ParkedEvent]
    ) -> None:
        row = parked("Trouble", dead=True)
        behind = parked(of=row.aggregate_id)
        answer = support.post(f"{BASE}/events/parked/{row.id}/discard", {"reason": "A test of the weather"})
        assert (answer.status_code, answer.json()) == (200, {"id": row.id})
        kept = DiscardedEvent.objects.get()
        assert (kept.reason, kept.discarded_by) == ("A test of the weather", str(operator_id))
        assert kept.position == row.position
        behind.refresh_from_db()
        assert behind.next_try_at is not None
        again = support.post(f"{BASE}/events/parked/{row.id}/discard", WHY)
        assert again.status_code == 404

    def test_is_not_for_what_waits_behind_another(
        self, support: APIClient, parked: Callable[..., ParkedEvent]
    ) -> None:
        behind = parked(of=parked("Trouble").aggregate_id)
        assert support.post(f"{BASE}/events/parked/{behind.id}/discard", WHY).status_code == 400
        assert not DiscardedEvent.objects.exists()

    def test_does_not_wait_for_one_that_is_being_tried(
        self, support: APIClient, parked: Callable[..., ParkedEvent], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = parked("Trouble")

        def is_locked(_: int) -> None:
            raise parking.BeingTried

        monkeypatch.setattr(parking, "lock_parked", is_locked)
        assert support.post(f"{BASE}/events/parked/{row.id}/discard", WHY).status_code == 409


class TestAHaltedStream:
    def test_shows_what_resuming_from_a_position_would_lose(self, support: APIClient, halted: Cursor) -> None:
        shown = support.get(f"{BASE}/events/streams/{STREAM}?from=3").json()
        assert (shown["stream"], shown["position"], shown["haltReason"]) == (STREAM, 5, "Another log")
        assert ([event["position"] for event in shown["lost"]], shown["lostCount"]) == ([4, 5], 2)
        assert set(shown["lost"][0]) == {"position", "type", "aggregateId", "occurredAt"}

    def test_loses_nothing_where_no_position_is_named(self, support: APIClient, halted: Cursor) -> None:
        shown = support.get(f"{BASE}/events/streams/{STREAM}").json()
        assert (shown["lost"], shown["lostCount"]) == ([], 0)

    @pytest.mark.parametrize("position", ["-1", "x", str(2**63)])
    def test_takes_no_other_position(self, support: APIClient, halted: Cursor, position: str) -> None:
        assert support.get(f"{BASE}/events/streams/{STREAM}?from={position}").status_code == 400

    def test_goes_on_where_it_stopped(self, support: APIClient, halted: Cursor) -> None:
        answer = support.post(f"{BASE}/events/streams/{STREAM}/resume", WHY)
        assert (answer.status_code, answer.json()) == (200, {"stream": STREAM, "position": 5, "lost": 0})
        halted.refresh_from_db()
        assert halted.halted_at is None
        assert LogEntry.objects.get().object_id == STREAM

    def test_goes_on_from_another_position_and_lists_what_is_lost(
        self, support: APIClient, halted: Cursor
    ) -> None:
        body = {**WHY, "from": 3, "lastId": str(uuid7())}
        answer = support.post(f"{BASE}/events/streams/{STREAM}/resume", body)
        assert answer.json() == {"stream": STREAM, "position": 3, "lost": 2}
        halted.refresh_from_db()
        assert (halted.position, str(halted.last_id)) == (3, body["lastId"])
        [skipped] = open_ranges()
        assert (skipped.first_position, skipped.last_position) == (4, 5)

    @pytest.mark.parametrize("body", [{"from": 3}, {"lastId": str(uuid7())}])
    def test_needs_the_id_of_the_event_at_the_position(
        self, support: APIClient, halted: Cursor, body: dict[str, object]
    ) -> None:
        answer = support.post(f"{BASE}/events/streams/{STREAM}/resume", {**WHY, **body})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "stream-not-resumable")
        halted.refresh_from_db()
        assert halted.halted_at is not None

    def test_is_resumed_once(self, support: APIClient, halted: Cursor) -> None:
        Cursor.objects.update(halted_at=None, halt_reason="", catch_up_requested_at=timezone.now())
        assert support.post(f"{BASE}/events/streams/{STREAM}/resume", WHY).status_code == 400
