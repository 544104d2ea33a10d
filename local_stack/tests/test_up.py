"""What `up` keeps of the stack that runs, and what it does when RabbitMQ doesn't come up."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspection import doctor, status
from local_stack.stack import Stack
from local_stack.supervisor import summary, up
from local_stack.supervisor.launch import DidNotStart, plan
from local_stack.supervisor.process_status import ProcessStatus

PROBLEM = "WITHOUT RABBITMQ: everything runs on the embedded broker, since rabbitmq was not up within 30 s"
REMEDY = "./manage_all.py logs rabbitmq says why; ./manage_all.py up --broker rabbitmq tries it again"


@pytest.fixture
def on_rabbitmq(stack: Stack) -> Stack:
    return dataclasses.replace(stack, broker="rabbitmq", wanted_broker="auto")


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the functions that really start and stop; return the list of brokers that were tried."""
    brokers: list[str] = []

    def wait(stack: Stack, report: Callable[..., Any]) -> None:
        if stack.broker == "rabbitmq":
            raise DidNotStart("rabbitmq", "was not up within 30 s", "no log")

    monkeypatch.setattr(up, "launch", lambda stack, *, tied: brokers.append(stack.broker))
    monkeypatch.setattr(up, "wait_until_ready", wait)
    monkeypatch.setattr(up, "shut_down", lambda stack: brokers.append("stopped"))
    return brokers


class TestARabbitMQThatDoesNotComeUp:
    def test_is_replaced_with_a_warning_when_the_user_chose_no_broker(
        self, on_rabbitmq: Stack, launched: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        stack = up._launch_and_wait(on_rabbitmq, tied=False)
        assert launched == ["rabbitmq", "stopped", "embedded"]
        assert (stack.broker, stack.broker_note) == ("embedded", "rabbitmq was not up within 30 s")
        assert "WITHOUT RabbitMQ" in capsys.readouterr().err

    def test_is_what_the_summary_begins_with(
        self, on_rabbitmq: Stack, launched: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        summary.show(up._launch_and_wait(on_rabbitmq, tied=False), seconds=1)
        _headline, warning, *_ = capsys.readouterr().out.strip().split("\n\n")
        assert warning == f"{PROBLEM}.\n    → {REMEDY}"

    def test_is_a_problem_for_doctor(
        self, on_rabbitmq: Stack, launched: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stack = up._launch_and_wait(on_rabbitmq, tied=False)
        well = status.Report(
            system="marketplace", url=stack.url, broker="embedded", broker_note=stack.broker_note,
            hold_seconds=1, healthy=True, parts=[], memory=0, cores=0.0,
        )  # fmt: skip
        monkeypatch.setattr(status, "report", lambda stack: well)
        mends = {finding.what: finding.mend for finding in doctor._running(stack) if finding.mend}
        assert mends == {PROBLEM: REMEDY}

    def test_is_not_claimed_of_a_broker_that_was_chosen(
        self, stack: Stack, capsys: pytest.CaptureFixture[str]
    ) -> None:
        summary.show(stack, seconds=1)
        assert "WITHOUT" not in capsys.readouterr().out

    def test_is_an_error_when_the_user_chose_it(self, on_rabbitmq: Stack, launched: list[str]) -> None:
        insisted = dataclasses.replace(on_rabbitmq, wanted_broker="rabbitmq")
        with pytest.raises(DidNotStart):
            up._launch_and_wait(insisted, tied=False)
        assert launched == ["rabbitmq"]


class TestAStackThatMustBeRestarted:
    def test_keeps_the_options_that_were_not_given(
        self, run_dir: Path, launched: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given = {"hold_seconds": 20, "wanted_broker": "embedded", "reload": True, "dashboard": True}
        dataclasses.replace(plan(run_dir, broker="embedded", port=18080), **given, code="old").save()
        monkeypatch.setattr(up.Supervision, "is_running", lambda self: True)
        started: list[Stack] = []
        monkeypatch.setattr(up.summary, "show", lambda stack, **_: started.append(stack))
        assert up.up(up.UpOptions(run_dir=run_dir)) == 0
        [stack] = started
        assert {name: getattr(stack, name) for name in given} == given
        assert launched == ["stopped", "embedded"]


class TestTheDashboard:
    @pytest.mark.parametrize(("wanted", "has"), [(None, True), (True, True), (False, False)])
    def test_is_there_unless_it_is_not_wanted(
        self,
        run_dir: Path,
        launched: list[str],
        wanted: bool | None,
        has: bool,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert up.up(up.UpOptions(run_dir=run_dir, broker="embedded", port=18080, dashboard=wanted)) == 0
        assert ("  Dashboard              http://127.0.0.1:" in capsys.readouterr().out) == has

    def test_goes_when_it_is_not_wanted_any_more(
        self, run_dir: Path, launched: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan(run_dir, broker="embedded", port=18080, dashboard=True).save()
        monkeypatch.setattr(up.Supervision, "is_running", lambda self: True)
        started: list[Stack] = []
        monkeypatch.setattr(up.summary, "show", lambda stack, **_: started.append(stack))
        assert up.up(up.UpOptions(run_dir=run_dir, dashboard=False)) == 0
        assert [stack.dashboard for stack in started] == [False]
        assert launched == ["stopped", "embedded"]


class TestAPartThatTakesLongToStart:
    def test_is_named_now_and_then_with_what_it_waits_for(self, capsys: pytest.CaptureFixture[str]) -> None:
        progress = up.Progress(lambda _: None)
        for waited in (10, 31, 40, 62):
            view = ProcessStatus(
                "rabbitmq", step=False, state="starting", since=time.time() - waited, detail="no port"
            )
            progress([view.as_dict()])
        assert capsys.readouterr().out.split("\n") == [
            "  rabbitmq             still starting after 31 s: no port",
            "  rabbitmq             still starting after 62 s: no port",
            "",
        ]
