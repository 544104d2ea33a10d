"""Waiting goes on while there is progress; without any it ends with an error that says what is known."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_stack.stack import Stack
from local_stack.supervisor import activity, control_client, launch
from local_stack.supervisor.activity import Activity
from local_stack.supervisor.control_client import NotAnswering, RequestRejected, Supervision
from local_stack.supervisor.launch import DidNotStart, wait_until_ready
from local_stack.supervisor.processes import Record
from local_stack.tests import tiny
from local_stack.tests.tiny import Start
from tests import ephemeral_postgres
from tests.ephemeral_postgres import NoServer
from tests.running_stack import wait_for

#: Seconds without progress that are too many in these tests: fewer than what makes progress takes in all.
STALLED = 1.5


@pytest.fixture(autouse=True)
def _stalls_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STALLED_SECONDS", str(STALLED))
    monkeypatch.setattr(activity, "STALLED_AFTER", STALLED)


@contextmanager
def running(code: str, log: Path | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    with (
        (log or Path(os.devnull)).open("wb") as output,
        subprocess.Popen([sys.executable, "-c", code], stdout=output, start_new_session=True) as process,
    ):
        yield process
        process.kill()


class TestWaitingForAStack:
    @pytest.mark.parametrize("scenario", ["burning", "waiting", "talking", "migrating"])
    def test_goes_on_while_a_part_makes_progress(self, stack: Stack, start: Start, scenario: str) -> None:
        began = time.monotonic()
        start(scenario)
        wait_until_ready(stack)
        assert time.monotonic() - began > tiny.LONG

    @pytest.mark.parametrize(
        ("scenario", "last"), [("sleeping", "this is all I say"), ("repeating", "no answer")]
    )
    def test_ends_when_a_part_makes_none_and_says_what_how_long_and_its_log(
        self, stack: Stack, start: Start, scenario: str, last: str
    ) -> None:
        start(scenario)
        with pytest.raises(DidNotStart) as caught:
            wait_until_ready(stack)
        said, _, log = str(caught.value).partition("\n\n")
        assert caught.value.process == "slow"
        assert said.startswith("slow is not ready after ")
        assert said.endswith(" s without any progress: has not logged “here” yet.")
        assert log.endswith(last)

    def test_ends_when_a_step_makes_none(self, stack: Stack, start: Start) -> None:
        start("stuck")
        with pytest.raises(DidNotStart, match=r"(?s)^prepare is not ready after .*this is all I say$"):
            wait_until_ready(stack)

    def test_ends_when_a_part_dies_at_every_start_however_long_that_takes(
        self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LONG_ENOUGH_SECONDS", "0.1")
        start("dying")
        with pytest.raises(DidNotStart, match=r"(?s)^one ended with code 1.*died$"):
            wait_until_ready(stack)

    def test_ends_when_a_part_was_stopped(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        Supervision(stack).stop("two")
        with pytest.raises(DidNotStart, match=r"^two is stopped"):
            wait_until_ready(stack)

    def test_ends_when_the_supervisor_has_ended(self, stack: Stack) -> None:
        with pytest.raises(DidNotStart, match=r"^supervisor has ended"):
            wait_until_ready(stack)

    def test_is_not_taken_for_gone_where_it_can_not_be_seen_for_a_moment(
        self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As during its exec, when no process can read its environment."""
        seen = iter([None, None])
        monkeypatch.setattr(launch, "supervisor_of", lambda stack: next(seen, os.getpid()))
        starter = threading.Timer(1.0, start, args=("plain",))
        starter.start()
        wait_until_ready(stack)
        starter.join()


class TestRestartingAPart:
    def test_goes_on_while_it_makes_progress(self, stack: Stack, start: Start) -> None:
        start("moody")
        wait_until_ready(stack)
        began = time.monotonic()
        with Supervision(stack).overriding("moody", {"BURN_SECONDS": str(tiny.LONG)}):
            assert time.monotonic() - began > tiny.LONG

    def test_is_refused_when_it_makes_none(self, stack: Stack, start: Start) -> None:
        start("moody")
        wait_until_ready(stack)
        (stack.run_dir / "falls asleep").touch()
        with pytest.raises(
            RequestRejected, match=r"(?s)^moody is not ready after .* any progress: .*not yet$"
        ):
            Supervision(stack).restart("moody")


class TestASupervisorThatTakesLongToAnswer:
    @pytest.fixture
    def slow(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
        """A supervisor that works for a while before it answers, on a machine where that takes long."""
        monkeypatch.setattr(control_client, "SHOWS_LIFE_WITHIN", 0.5)
        listens = stack.run_dir / "listens"
        code = (
            f"import socket\nserver = socket.socket(socket.AF_UNIX)\nserver.bind({str(stack.socket)!r})\n"
            f"server.listen()\nopen({str(listens)!r}, 'w').close()\ncall, _ = server.accept()\n"
            f"{tiny.BURN.format(2)}call.sendall(b'{{\"parts\": []}}\\n')"
        )
        with running(code) as process:
            Record(stack.run_dir).keep("supervisor", process.pid)
            wait_for(listens.exists)
            yield process

    @pytest.mark.usefixtures("slow")
    def test_is_waited_for_while_it_works(self, stack: Stack) -> None:
        assert Supervision(stack).status() == []

    def test_is_not_answering_when_it_does_not(self, stack: Stack, slow: "subprocess.Popen[bytes]") -> None:
        threading.Timer(0.2, slow.send_signal, [signal.SIGSTOP]).start()
        with pytest.raises(NotAnswering):
            Supervision(stack).status()


class TestAServerForTests:
    @pytest.fixture(autouse=True)
    def _never_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ephemeral_postgres, "answers", lambda address: "connection refused")

    def test_that_has_ended_is_not_waited_for(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        with (
            running("print('no luck'); raise SystemExit(3)", log) as server,
            pytest.raises(NoServer, match=r"(?s)ended with code 3:\nno luck$"),
        ):
            ephemeral_postgres._wait(server, "", log)

    def test_that_makes_no_progress_is_given_up(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        with (
            running(tiny.SLEEPING, log) as server,
            pytest.raises(
                NoServer, match=r"(?s)without any progress: connection refused\nthis is all I say$"
            ),
        ):
            ephemeral_postgres._wait(server, "", log)


class TestActivity:
    def test_of_a_time_between_two_checks_does_not_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with running("import time; time.sleep(600)") as process:
            signs = Activity(process.pid)
            time.sleep(STALLED + 0.5)
            assert signs.idle_seconds() == 0

    def test_of_a_log_that_was_put_aside_is_seen(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        log.write_text("a long line of an earlier time\n")
        with running("import time; time.sleep(600)") as process:
            signs = Activity(process.pid, log, log.stat().st_size)
            time.sleep(0.3)
            assert signs.idle_seconds() > 0
            log.write_text("anew\n")
            assert signs.idle_seconds() == 0
