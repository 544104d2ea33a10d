"""Reading what services print, with programs that stand where their management commands stand."""

import sys
import time
from dataclasses import dataclass

import pytest

from local_stack import service_commands
from local_stack.service_commands import Answer, JsonCommand, read_json
from local_stack.stack import Stack
from local_stack.systems import Service

#: Answers each line by what it was, and by how many came before.
ECHO = """
import json, sys
for number, line in enumerate(sys.stdin):
    print(json.dumps({"line": line.strip(), "number": number}), flush=True)
"""


@dataclass(frozen=True)
class Program(Service):
    """A service whose every command is the same program."""

    source: str = ""

    def manage(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-c", self.source, *arguments)


def fake_services(**sources: str) -> list[Service]:
    return [Program(name, "auth_service", source=source) for name, source in sources.items()]


class TestReadJson:
    def test_returns_what_each_service_prints(self, stack: Stack) -> None:
        services = fake_services(
            auth="print('[1]')", orders="import sys; print('{\"x\": \"' + sys.argv[1] + '\"}')"
        )
        assert read_json(stack, services, "y") == {"auth": Answer([1]), "orders": Answer({"x": "y"})}

    @pytest.mark.parametrize(
        ("source", "error"),
        [
            ("import sys; sys.exit('CommandError: the server is away')", "the server is away"),
            ("pass", "it printed nothing"),
            ("print('Hello')", "not JSON"),
            ('print(\'{"error": "a bad line"}\')', "a bad line"),
        ],
    )
    def test_says_why_there_is_no_answer(self, stack: Stack, source: str, error: str) -> None:
        [answer] = read_json(stack, fake_services(auth=source)).values()
        assert error in answer.error
        assert answer.value is None

    def test_runs_all_at_once(self, stack: Stack) -> None:
        slow = "import time; time.sleep(1.5); print(0)"
        began = time.monotonic()
        answers = read_json(stack, fake_services(auth=slow, orders=slow, tickets=slow, payments=slow))
        assert time.monotonic() - began < 5
        assert {answer.value for answer in answers.values()} == {0}

    def test_gives_up_what_hangs(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service_commands, "ANSWER_SECONDS", 2.0)
        answers = read_json(stack, fake_services(auth="import time; time.sleep(600)", orders="print(1)"))
        assert answers == {"auth": Answer(error="no answer in 2 s"), "orders": Answer(1)}


class TestACommandThatFollows:
    def test_answers_each_request_by_the_same_process(self, stack: Stack) -> None:
        with JsonCommand(stack, fake_services(auth=ECHO, orders=ECHO)) as command:
            first = command.request()
            assert first["auth"].value == first["orders"].value == {"line": "", "number": 0}
            second = command.request_each({"orders": ["--stream", "a b"]})
            assert second == {"orders": Answer({"line": "--stream 'a b'", "number": 1})}

    def test_says_so_once_it_has_ended(self, stack: Stack) -> None:
        once = "import sys; input(); print(1, flush=True); sys.exit('it has ended')"
        with JsonCommand(stack, fake_services(auth=once)) as command:
            assert command.request()["auth"] == Answer(1)
            assert command.request()["auth"] == Answer(error="it has ended")
            assert command.request()["auth"] == Answer(error="it has ended")

    def test_ends_with_the_block_though_it_reads_nothing(self, stack: Stack) -> None:
        hangs = "import time; print(1, flush=True); time.sleep(600)"
        with JsonCommand(stack, fake_services(auth=hangs)) as command:
            command.read()
            [running] = command._running.values()
        assert running._process.returncode is not None
