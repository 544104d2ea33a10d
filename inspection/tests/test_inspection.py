"""What is made of the answers of `events status`, where all is well and where it isn't."""

from typing import Any

import pytest

from inspection import backlog, event_lag
from inspection.event_status import EventStatuses
from local_stack.credentials import Credentials
from local_stack.service_commands import Answer
from local_stack.stack import Stack

ANSWER: dict[str, Any] = {
    "unpublished_events": 1, "unsent_commands": 2, "dead_letters": 3, "halted_streams": 0, "lag_events": 5,
    "skipped": [{}, {}], "lease": {"is_held": True, "free_seconds": None}, "parked_events": 7,
    "oldest_unpublished_seconds": 8.25, "published": [], "followed": [],
}  # fmt: skip


def followed(stream: str, position: int, *, halted_seconds: float | None = None) -> dict[str, Any]:
    return {"stream": stream, "position": position, "halted_seconds": halted_seconds}


class TestTheBacklog:
    def of(self, monkeypatch: pytest.MonkeyPatch, stack: Stack, answer: Answer) -> dict[str, Any]:
        monkeypatch.setattr(backlog, "read_event_status", lambda stack: {"orders": answer})
        secrets: Credentials = {}  # type: ignore[assignment]
        return backlog.of_services(stack, secrets)["orders"]

    def test_has_what_the_service_counts(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.of(monkeypatch, stack, Answer(ANSWER)) == {
            "unpublished": 1, "unsent": 2, "dead_letters": 3, "halted": 0, "skipped": 2, "behind": 5,
            "relay_away": None, "queues": {},
        }  # fmt: skip

    @pytest.mark.parametrize(("free", "away"), [(12.5, 12.5), (None, 0.0)])
    def test_says_that_no_relay_is_at_work(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch, free: float | None, away: float
    ) -> None:
        lease = {"is_held": False, "free_seconds": free}
        assert self.of(monkeypatch, stack, Answer(ANSWER | {"lease": lease}))["relay_away"] == away

    def test_has_no_counts_where_the_service_gives_no_answer(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = self.of(monkeypatch, stack, Answer(error="the server is away"))
        assert {found[name] for name in found if name != "queues"} == {None}


class TestLag:
    @pytest.fixture
    def answers(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Answer]:
        """What each service says, where positions say how far orders is behind tickets."""
        answers = {"tickets": Answer(ANSWER), "orders": Answer(ANSWER)}

        def read_lags(_: object, positions: dict[str, set[tuple[str, int]]]) -> dict[Any, Any]:
            wanted = [place for name, places in positions.items() for place in places if name == "tickets"]
            return {place: {"lag_events": 100 - place[1], "lag_seconds": 2.5} for place in wanted}

        monkeypatch.setattr(EventStatuses, "__enter__", lambda self: self)
        monkeypatch.setattr(EventStatuses, "__exit__", lambda *_: None)
        monkeypatch.setattr(EventStatuses, "read", lambda _: answers)
        monkeypatch.setattr(EventStatuses, "read_lags", read_lags)
        return answers

    def lag(self, stack: Stack, capfd: pytest.CaptureFixture[str]) -> tuple[int, list[list[str]], str]:
        code = event_lag.lag(stack)
        said = capfd.readouterr()
        lines = [line.split("│")[1:-1] for line in said.out.splitlines() if line.startswith("│")]
        return code, [[cell.strip() for cell in line] for line in lines], said.err

    def test_is_what_the_publisher_has_behind_the_subscribers_position(
        self, stack: Stack, answers: dict[str, Answer], capfd: pytest.CaptureFixture[str]
    ) -> None:
        answers["orders"] = Answer(ANSWER | {"followed": [followed("ticket", 90), followed("gone", 1)]})
        code, rows, _ = self.lag(stack, capfd)
        assert code == 0
        assert [row for row in rows if row[0] == "orders"] == [
            ["orders", "ticket", "90", "10", "2.5 s"],
            ["orders", "0", "0", "1", "8.2 s", "7", "3"],
        ]

    def test_fails_where_a_stream_is_halted(
        self, stack: Stack, answers: dict[str, Answer], capfd: pytest.CaptureFixture[str]
    ) -> None:
        halted = {"followed": [followed("ticket", 90, halted_seconds=3.0)], "halted_streams": 1}
        answers["orders"] = Answer(ANSWER | halted)
        code, rows, _ = self.lag(stack, capfd)
        assert code == 1
        assert ["orders", "ticket", "90", "halted", "2.5 s"] in rows

    def test_fails_where_a_service_gives_no_answer(
        self, stack: Stack, answers: dict[str, Answer], capfd: pytest.CaptureFixture[str]
    ) -> None:
        answers["orders"] = Answer(ANSWER | {"followed": [followed("ticket", 90)]})
        answers["tickets"] = Answer(error="the server is away")
        code, rows, errors = self.lag(stack, capfd)
        assert code == 1
        assert ["orders", "ticket", "90", "?", "?"] in rows
        assert "tickets doesn't answer: the server is away" in errors
