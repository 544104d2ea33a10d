"""What the supervisor promises, tried on tiny processes."""

import os
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from local_stack.stack import Stack
from local_stack.supervisor.control_client import NotRunning, RequestRejected, Supervision
from local_stack.supervisor.launch import DidNotStart, shut_down, wait_until_ready
from local_stack.supervisor.processes import Identity, leftovers, recorded
from local_stack.tests.conftest import is_replaced, status_of
from local_stack.tests.tiny import Start
from tests.running_stack import wait_for


class TestStarting:
    def test_respects_dependencies_and_runs_steps_in_between(self, stack: Stack, start: Start) -> None:
        start("steps")
        wait_until_ready(stack)
        states = {view["name"]: view["state"] for view in Supervision(stack).status()}
        assert states == {"one": "running", "prepare": "done", "two": "running"}
        assert (
            status_of(stack, "two")["since"]
            >= status_of(stack, "prepare")["since"]
            >= status_of(stack, "one")["since"]
        )

    def test_skips_a_step_that_was_done(self, stack: Stack, start: Start) -> None:
        for _ in range(2):
            start("steps")
            wait_until_ready(stack)
            shut_down(stack)
        assert stack.log_of("prepare").read_text().count("prepared") == 1

    def test_names_the_step_that_failed_and_shows_its_log(self, stack: Stack, start: Start) -> None:
        start("broken")
        with pytest.raises(DidNotStart, match=r"prepare ended with code 1\.\s+no luck"):
            wait_until_ready(stack)
        assert status_of(stack, "two")["state"] == "waiting"

    def test_gives_up_on_a_part_that_crashes_again_and_again(self, stack: Stack, start: Start) -> None:
        start("crashing")
        with pytest.raises(DidNotStart, match="crashed"):
            wait_until_ready(stack)


class TestAPartThatDies:
    def test_is_started_again(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        pid = status_of(stack, "one")["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: is_replaced(stack, "one", pid))
        assert status_of(stack, "one")["restarts"] == 1
        assert status_of(stack, "two")["restarts"] == 0

    def test_takes_its_children_with_it(self, stack: Stack, start: Start) -> None:
        start("family")
        wait_until_ready(stack)
        pid = status_of(stack, "parent")["pid"]
        [child] = psutil.Process(pid).children()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: is_replaced(stack, "parent", pid))
        wait_for(lambda: Identity.of(child.pid) is None)


class TestStoppingAPart:
    def test_keeps_it_stopped_until_it_is_started(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        supervision = Supervision(stack)
        supervision.stop("two")
        assert status_of(stack, "two")["state"] == "stopped"
        assert status_of(stack, "two")["pid"] is None
        supervision.start("two")
        assert status_of(stack, "two")["state"] == "running"
        assert status_of(stack, "two")["restarts"] == 0

    def test_kills_what_does_not_listen(self, stack: Stack, start: Start) -> None:
        start("deaf")
        wait_until_ready(stack)
        pid = status_of(stack, "deaf")["pid"]
        Supervision(stack).stop("deaf")
        assert not psutil.pid_exists(pid)

    def test_refuses_an_unknown_part_and_names_those_there_are(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        with pytest.raises(RequestRejected, match=r"'three'\. There are: one, two"):
            Supervision(stack).stop("three")


class TestOverriding:
    def test_changes_the_environment_for_a_while(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        with Supervision(stack).overriding("one", {"FLAVOUR": "strawberry"}):
            assert stack.log_of("one").read_text().endswith("here strawberry\n")
        assert stack.log_of("one").read_text().endswith("here plain\n")

    def test_leaves_nothing_behind_where_the_process_does_not_start_with_it(
        self, stack: Stack, start: Start
    ) -> None:
        start("plain")
        wait_until_ready(stack)
        with (
            pytest.raises(RequestRejected, match="one ended"),
            Supervision(stack).overriding("one", {"FLAVOUR": "poison"}),
        ):
            pytest.fail("it does not start with poison")
        wait_for(lambda: status_of(stack, "one")["state"] == "running")
        assert stack.log_of("one").read_text().endswith("here plain\n")

    def test_need_not_wait_until_the_process_is_ready(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        with Supervision(stack).overriding("one", {"FLAVOUR": "poison"}, wait=False):
            wait_for(lambda: status_of(stack, "one")["restarts"] > 1)
        assert stack.log_of("one").read_text().endswith("here plain\n")

    def test_ends_when_the_caller_is_killed(self, stack: Stack, start: Start) -> None:
        start("plain")
        wait_until_ready(stack)
        connection = Supervision(stack)._connect()
        connection.sendall(b'{"do": "override", "part": "one", "environment": {"FLAVOUR": "mint"}}\n')
        connection.recv(100)
        assert stack.log_of("one").read_text().endswith("here mint\n")
        connection.close()
        wait_for(lambda: stack.log_of("one").read_text().endswith("here plain\n"))


class TestEnding:
    @pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
    def test_by_signal_leaves_nothing(self, stack: Stack, start: Start, signum: signal.Signals) -> None:
        supervisor = start("family")
        wait_until_ready(stack)
        supervisor.send_signal(signum)
        assert supervisor.wait(timeout=10) == 0
        assert leftovers(stack) == []

    def test_on_request_leaves_nothing_and_counts_what_there_was(self, stack: Stack, start: Start) -> None:
        start("family")
        wait_until_ready(stack)
        assert shut_down(stack) == 3  # the supervisor, the parent and its child
        assert leftovers(stack) == []
        with pytest.raises(NotRunning):
            Supervision(stack).status()

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a parent's death to its children")
    def test_by_kill_nine_takes_the_parts_along(self, stack: Stack, start: Start) -> None:
        supervisor = start("plain")
        wait_until_ready(stack)
        supervisor.kill()
        wait_for(lambda: leftovers(stack) == [])

    def test_by_kill_nine_leaves_nothing_after_the_next_shut_down(self, stack: Stack, start: Start) -> None:
        supervisor = start("family")
        wait_until_ready(stack)
        supervisor.kill()
        shut_down(stack)
        assert leftovers(stack) == []


class TestReplacing:
    def answering_pid(self, address: str, seconds: float = 0.0) -> int:
        """Which process answers, after that long."""
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as call:
            call.sendall(str(seconds).encode())
            return int(call.recv(16))

    def test_hands_the_port_over_without_refusing_a_connection(self, stack: Stack, start: Start) -> None:
        start("server")
        wait_until_ready(stack)
        before = status_of(stack, "server")
        assert self.answering_pid(before["address"]) == before["pid"]
        answers: list[int] = []
        stop = threading.Event()

        def call_on() -> None:
            while not stop.is_set():
                answers.append(self.answering_pid(before["address"]))

        caller = threading.Thread(target=call_on)
        caller.start()
        Supervision(stack).replace("server")
        wait_for(lambda: answers[-1:] == [status_of(stack, "server")["pid"]])
        stop.set()
        caller.join()
        after = status_of(stack, "server")
        assert set(answers) == {before["pid"], after["pid"]}
        assert (after["state"], after["restarts"]) == ("running", 0)
        assert not psutil.pid_exists(before["pid"])
        assert recorded(stack.run_dir)["server"].pid == after["pid"]

    def test_lets_the_part_finish_what_it_has_in_hand(self, stack: Stack, start: Start) -> None:
        start("server")
        wait_until_ready(stack)
        before = status_of(stack, "server")
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(self.answering_pid, before["address"], 1.5)
            Supervision(stack).replace("server")
            assert slow.result() == before["pid"]

    def test_leaves_the_part_alone_when_its_successor_does_not_get_ready(
        self, stack: Stack, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("STALLED_SECONDS", "1")
        start("reluctant")
        wait_until_ready(stack)
        before = status_of(stack, "server")
        with pytest.raises(
            RequestRejected,
            match=r"The successor of server is not ready after .*\. server goes on\.\n\nhere$",
        ):
            Supervision(stack).replace("server")
        assert status_of(stack, "server")["pid"] == before["pid"]
        assert self.answering_pid(before["address"]) == before["pid"]

    def test_refuses_what_cannot_run_twice(self, stack: Stack, start: Start) -> None:
        start("server")
        wait_until_ready(stack)
        with pytest.raises(RequestRejected, match="other can't run twice"):
            Supervision(stack).replace("other")

    def test_starts_a_part_anew_that_was_replaced_and_killed(self, stack: Stack, start: Start) -> None:
        start("server")
        wait_until_ready(stack)
        Supervision(stack).replace("server")
        pid = status_of(stack, "server")["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: is_replaced(stack, "server", pid))
        view = status_of(stack, "server")
        assert self.answering_pid(view["address"]) == view["pid"]
