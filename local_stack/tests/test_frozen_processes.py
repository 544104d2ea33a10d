"""What the supervisor does with processes that are there and do nothing, tried on tiny processes."""

import os
import signal
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from local_stack.stack import Stack
from local_stack.supervisor import control_client, patience
from local_stack.supervisor.control_client import NotAnswering, Supervision
from local_stack.supervisor.launch import wait_until_ready
from local_stack.tests.conftest import is_replaced, status_of
from local_stack.tests.tiny import Start
from tests.running_stack import wait_for


def is_in_state(stack: Stack, name: str, state: str) -> Callable[[], bool]:
    return lambda: status_of(stack, name)["state"] == state


@pytest.mark.skipif(sys.platform != "linux", reason="who is stopped is read from /proc")
class TestAPartThatIsFrozen:
    def test_is_called_so_within_seconds_and_runs_on_when_it_thaws(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        pid = status_of(stack, "one")["pid"]
        os.kill(pid, signal.SIGSTOP)
        wait_for(is_in_state(stack, "one", "frozen"), within=6)
        assert status_of(stack, "one")["detail"] == f"a signal has stopped it (pid {pid})"
        os.kill(pid, signal.SIGCONT)
        wait_for(is_in_state(stack, "one", "running"), within=6)
        assert (status_of(stack, "one")["pid"], status_of(stack, "one")["restarts"]) == (pid, 0)

    def test_is_started_anew_when_it_stays_so(
        self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATIENCE_SECONDS", "1")
        start("plain")
        wait_until_ready(stack)
        pid = status_of(stack, "one")["pid"]
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: is_replaced(stack, "one", pid))
        view = status_of(stack, "one")
        assert view["restarts"] == 1
        assert view["last_restart"] == f"a signal has stopped it (pid {pid})"
        assert f"one: a signal has stopped it (pid {pid})" in stack.log_of("supervisor").read_text()

    def test_is_noticed_by_its_children(self, stack: Stack, start: Start) -> None:
        start("family")
        wait_until_ready(stack)
        [child] = psutil.Process(status_of(stack, "parent")["pid"]).children()
        child.suspend()
        wait_for(is_in_state(stack, "parent", "frozen"), within=6)
        assert f"pid {child.pid}" in status_of(stack, "parent")["detail"]

    def test_ends_at_once_when_it_is_stopped(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        os.kill(status_of(stack, "two")["pid"], signal.SIGSTOP)
        wait_for(is_in_state(stack, "two", "frozen"), within=6)
        began = time.monotonic()
        Supervision(stack).stop("two")
        assert time.monotonic() - began < 4  # its grace would be 5


class TestAPartThatShowsNoLife:
    def test_is_frozen_and_started_anew(
        self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SILENT_SECONDS", "1")
        monkeypatch.setenv("PATIENCE_SECONDS", "3")
        start("beating")
        wait_until_ready(stack)
        pid = status_of(stack, "beating")["pid"]
        wait_for(lambda: status_of(stack, "beating")["heartbeat_age"] is not None)
        (stack.run_dir / "hangs").touch()
        wait_for(is_in_state(stack, "beating", "frozen"))
        assert "has shown no life for" in status_of(stack, "beating")["detail"]
        assert status_of(stack, "beating")["heartbeat_age"] > 1
        (stack.run_dir / "hangs").unlink(missing_ok=True)
        os.kill(pid, signal.SIGCONT)
        wait_for(is_in_state(stack, "beating", "running"))

    def test_is_not_judged_before_its_first_sign(
        self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SILENT_SECONDS", "0.1")
        monkeypatch.setenv("PATIENCE_SECONDS", "0.1")
        (stack.run_dir / "hangs").touch()
        (stack.run_dir / "heartbeat").touch()  # of an earlier life
        start("beating")
        wait_until_ready(stack)
        os.kill(status_of(stack, "beating")["pid"], signal.SIGSTOP)
        # That it was seen stopped shows that it has been looked at.
        wait_for(lambda: status_of(stack, "beating")["restarts"] == 1)
        assert "a signal has stopped it" in status_of(stack, "beating")["last_restart"]


class TestAPartThatIsStuck:
    def say(self, stack: Stack, kind: str, words: str) -> None:
        aside = stack.run_dir / "aside"
        aside.write_text(words)
        aside.rename(stack.run_dir / kind)

    def test_is_started_anew(self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATIENCE_SECONDS", "1")
        start("probed")
        wait_until_ready(stack)
        pid = status_of(stack, "probed")["pid"]
        self.say(stack, "mendable", "confirms nothing")
        wait_for(lambda: is_replaced(stack, "probed", pid))
        view = status_of(stack, "probed")
        assert (view["restarts"], view["last_restart"]) == (1, "confirms nothing")

    def test_is_left_alone_while_a_new_start_would_mend_nothing(
        self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATIENCE_SECONDS", "0.1")
        start("probed")
        wait_until_ready(stack)
        pid = status_of(stack, "probed")["pid"]
        self.say(stack, "passing", "the disk is full")
        wait_for(is_in_state(stack, "probed", "unready"))
        self.say(stack, "passing", "the disk is full still")
        wait_for(lambda: status_of(stack, "probed")["detail"] == "the disk is full still")
        (stack.run_dir / "passing").unlink()
        wait_for(is_in_state(stack, "probed", "running"))
        assert (status_of(stack, "probed")["pid"], status_of(stack, "probed")["restarts"]) == (pid, 0)

    def test_is_given_more_time_after_each_start_that_mended_nothing(self) -> None:
        given = [patience.patience_with(starts, was_well=True) for starts in range(12)]
        assert given[:3] == [patience.SECONDS * factor for factor in (1, 2, 4)]
        assert given[-1] == given[-2] == patience.LONGEST
        assert patience.patience_with(0, was_well=False) > patience.SECONDS


class TestASupervisorThatIsFrozen:
    def test_is_not_called_absent(self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(control_client, "SHOWS_LIFE_WITHIN", 0.5)
        supervisor = start("plain")
        wait_until_ready(stack)
        supervisor.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(
                NotAnswering, match=rf"The supervisor \(pid {supervisor.pid}\) does not answer"
            ):
                Supervision(stack).status()
        finally:
            supervisor.send_signal(signal.SIGCONT)
