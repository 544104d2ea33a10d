"""Log files that don't grow for ever."""

import json
import os

import pytest

from local_stack.stack import Stack
from local_stack.supervisor import logs


class TestRotate:
    def test_puts_a_long_log_aside_under_a_writer_that_goes_on(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logs, "LIMIT", 10)
        log = stack.log_of("orders.web")
        with log.open("ab", buffering=0) as writer:
            writer.write(b"a long first line\n")
            logs.rotate(stack)
            writer.write(b"next\n")
        assert log.read_text() == "next\n"
        assert log.with_suffix(".log.1").read_text() == "a long first line\n"

    def test_leaves_a_short_log_alone(self, stack: Stack) -> None:
        log = stack.log_of("orders.web")
        log.write_text("short\n")
        logs.rotate(stack)
        assert [*log.parent.iterdir()] == [log]


class TestLogsOf:
    @pytest.mark.parametrize(
        ("name", "names"),
        [("orders.web", ["orders.web"]), ("orders", ["orders.relay", "orders.web"]), ("order", [])],
    )
    def test_finds_a_process_or_all_of_a_service(self, stack: Stack, name: str, names: list[str]) -> None:
        for existing in ("orders.web", "orders.relay", "postgres"):
            stack.log_of(existing).touch()
        assert [log.stem for log in logs.logs_of(stack, name)] == names


class TestAdded:
    def test_returns_whole_lines_once_and_survives_rotation(self, stack: Stack) -> None:
        log = stack.log_of("orders.web")
        log.write_text("before\n")
        offsets = {log: log.stat().st_size}
        with log.open("a") as writer:
            writer.write("one\nhal")
        assert [line for _, line in logs._added(log, offsets)] == ["one"]
        with log.open("a") as writer:
            writer.write("f\n")
        assert [line for _, line in logs._added(log, offsets)] == ["half"]
        os.truncate(log, 0)
        log.write_text("new\n")
        assert [line for _, line in logs._added(log, offsets)] == ["new"]


class TestTheLastLife:
    def test_leaves_out_what_was_logged_before_the_last_start(self, stack: Stack) -> None:
        log = stack.log_of("orders.web")
        for word in ("old", "new"):
            with log.open("ab") as file:
                logs.begin(file, "orders.web")
                file.write(f"{word}\n".encode())
        assert logs.last_life(log, 25) == "new"

    def test_that_said_nothing_says_so(self, stack: Stack) -> None:
        log = stack.log_of("orders.web")
        with log.open("wb") as file:
            logs.begin(file, "orders.web")
        assert logs.last_life(log, 25) == "(it logged nothing)"


class TestALineOfJson:
    def test_is_shown_as_text_with_its_traceback(self) -> None:
        entry = {
            "time": "2026-01-02T03:04:05+00:00",
            "level": "ERROR",
            "logger": "a.b",
            "message": "It – failed",
            "service": "orders",
            "correlation_id": "r1",
            "exc_info": "Traceback:\nValueError",
        }
        line = json.dumps(entry, ensure_ascii=False)
        assert logs.as_text(line).splitlines() == [
            "2026-01-02T03:04:05+00:00 ERROR orders r1 a.b: It – failed",
            "Traceback:",
            "ValueError",
        ]

    @pytest.mark.parametrize(
        "line", ["plain", "{not json", '{"other": 1}', '{"message": ', "", "[1]", '{"message"}']
    )
    def test_that_is_none_is_shown_as_it_is(self, line: str) -> None:
        assert logs.as_text(line) == line

    def test_that_lacks_everything_but_its_message_is_shown(self) -> None:
        assert logs.as_text('{"message": "hello"}') == "hello"
