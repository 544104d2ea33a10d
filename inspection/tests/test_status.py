"""What `status` and `doctor` say of processes that are there and don't work."""

from typing import Any

import pytest

from inspection import doctor, status
from local_stack.stack import Stack
from local_stack.supervisor.control_client import NotAnswering
from local_stack.supervisor.process_status import ProcessStatus


def process_status(name: str, **details: Any) -> dict[str, Any]:
    known = ProcessStatus(name, step=False, state="running", pid=7, since=1.0)
    return known.as_dict() | {"memory": 0, "cores": 0.0} | details


@pytest.fixture
def report(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> status.Report:
    parts = [
        process_status(
            "orders.events", state="frozen", detail="a signal has stopped it (pid 7)", heartbeat_age=31.4
        ),
        process_status(
            "rabbitmq", restarts=2, last_restart="the broker confirms nothing: it refuses to take it"
        ),
    ]
    found = status.Report(
        system="marketplace", url="http://localhost", broker="rabbitmq", broker_note="", hold_seconds=1,
        healthy=False, parts=parts, memory=0, cores=0.0,
    )  # fmt: skip
    monkeypatch.setattr(status, "report", lambda stack: found)
    return found


@pytest.mark.usefixtures("report")
class TestStatus:
    def test_prints_what_is_frozen_and_since_when(
        self, stack: Stack, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert status.status(stack, as_json=False) == 1
        [line] = [line for line in capsys.readouterr().out.splitlines() if "orders.events" in line]
        assert "frozen a signal has stopped it (pid 7)" in line
        assert "31 s" in line

    def test_prints_why_a_part_was_restarted(self, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
        status.status(stack, as_json=False)
        assert "rabbitmq was started again 2 times, the last time because: the broker confirms nothing" in (
            capsys.readouterr().out.replace("\n", " ")
        )


class TestASupervisorThatDoesNotAnswer:
    def test_is_not_called_absent(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def silent(stack: Stack) -> None:
            raise NotAnswering(4711, "down")

        monkeypatch.setattr(status, "report", silent)
        assert status.status(stack, as_json=False) == 3
        assert "The supervisor (pid 4711) does not answer" in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.usefixtures("report")
class TestDoctor:
    def test_has_frozen_parts_mended_and_gives_the_reason_of_restarts(self, stack: Stack) -> None:
        said = {finding.what: finding.mend for finding in doctor._running(stack)}
        [mend] = [mend for what, mend in said.items() if what.startswith("orders.events is frozen: a signal")]
        assert mend
        assert any("the last time because: the broker confirms nothing" in what for what in said)
