"""Telling our processes from strangers."""

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from local_stack.stack import Stack
from local_stack.supervisor.launch import shut_down
from local_stack.supervisor.processes import MARKER, Identity, Record, leftovers, recorded


@pytest.fixture
def stranger(python: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([python, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


class TestIdentity:
    def test_of_a_live_process_is_stable(self) -> None:
        first = Identity.of(os.getpid())
        assert first is not None
        assert first == Identity.of(os.getpid())
        assert first.alive

    def test_of_a_process_that_ended_is_no_longer_alive(self, python: str) -> None:
        with subprocess.Popen([python, "-c", "input()"], stdin=subprocess.PIPE) as process:
            identity = Identity.of(process.pid)
        assert identity is not None
        assert not identity.alive

    def test_distinguishes_two_processes_with_one_pid(self) -> None:
        mine = Identity.of(os.getpid())
        assert mine is not None
        assert not Identity(mine.pid, "another time").alive


class TestARecord:
    def test_returns_what_was_kept_and_not_forgotten(self, stack: Stack) -> None:
        record = Record(stack.run_dir)
        record.keep("one", os.getpid())
        record.keep("two", os.getppid())
        record.forget("two", os.getppid())
        assert [*recorded(stack.run_dir)] == ["one"]

    def test_keeps_a_successor_when_its_predecessor_is_forgotten(self, stack: Stack) -> None:
        record = Record(stack.run_dir)
        record.keep("one", os.getpid())
        record.forget("one", os.getppid())
        assert [*recorded(stack.run_dir)] == ["one"]

    def test_never_leads_to_a_stranger_who_inherited_a_pid(
        self, stack: Stack, stranger: subprocess.Popen[bytes]
    ) -> None:
        known = {"one": {"pid": stranger.pid, "started": "long ago"}}
        (stack.run_dir / "processes.json").write_text(json.dumps(known))
        assert recorded(stack.run_dir) == {}
        assert shut_down(stack) == 0
        assert stranger.poll() is None


class TestLeftovers:
    def test_are_found_by_their_mark_without_any_record(self, stack: Stack, python: str) -> None:
        environment = {**os.environ, MARKER: f"{stack.id}:orders.web"}
        with subprocess.Popen([python, "-c", "import time; time.sleep(600)"], env=environment) as process:
            assert [one.pid for one in leftovers(stack)] == [process.pid]
            assert shut_down(stack) == 1

    def test_of_another_stack_are_left_alone(self, stack: Stack, python: str) -> None:
        environment = {**os.environ, MARKER: "another:orders.web"}
        with subprocess.Popen([python, "-c", "import time; time.sleep(600)"], env=environment) as process:
            assert leftovers(stack) == []
            process.kill()
