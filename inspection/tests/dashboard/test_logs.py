"""The logs of all processes: parsed, filtered, followed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from inspection.dashboard import logs as module
from inspection.dashboard.logs import LogFilter, read_logs
from inspection.tests.dashboard.conftest import Client
from local_stack.stack import Stack

Log = Callable[[str, str], None]
TRACE = "0af7651916cd43dd8448eb211c80319c"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp()


class TestALine:
    @pytest.mark.parametrize(
        ("line", "level", "time", "text"),
        [
            ("2026-11-27 12:00:01,500 INFO orders  app: made", "INFO", 1.5, "orders  app: made"),
            ("2026-11-27 12:00:01.250 UTC [7] LOG:  ready", "INFO", 1.25, "[7] LOG:  ready"),
            ("[2026-11-27 12:00:02 +0000] [7] [ERROR] died", "ERROR", 2, "[7] [ERROR] died"),
            ("2026-11-27 13:00:03.5+01:00 [warning] <0.1> low", "WARNING", 3.5, "<0.1> low"),
            ("2026-11-27T12:00:04Z FATAL gone", "CRITICAL", 4, "gone"),
            ('{"time": "2026-11-27T12:00:05+00:00", "level": "DEBUG", "message": "m", "a": 1}', "DEBUG", 5,
                "m time=2026-11-27T12:00:05+00:00 a=1"),
            ('{"level": 5, "message": null}', "INFO", None, "None "),
            ("{not JSON", "INFO", None, "{not JSON"),
            ("2026-99-99 99:99:99 never", "INFO", None, "never"),
            ("\x1b[31mplain\x1b[0m", "INFO", None, "plain"),
        ],
    )  # fmt: skip
    def test_has_a_level_a_time_and_a_text(
        self, client: Client, log: Log, line: str, level: str, time: float | None, text: str
    ) -> None:
        log("orders.web", f"{line}\n")
        [entry] = client.logs()["entries"]
        assert (entry["level"], entry["text"]) == (level, text)
        assert entry["time"] == (0 if time is None else NOON + time)

    def test_takes_the_lines_of_its_traceback_along(self, client: Client, log: Log) -> None:
        log(
            "orders.web",
            "2026-11-27 12:00:01,000 ERROR orders app: failed\nTraceback (most recent call last):\n",
        )
        log(
            "orders.web",
            '  File "x.py", line 1\nValueError: no\n2026-11-27 12:00:02,000 INFO orders app: on\n',
        )
        first, second = client.logs()["entries"]
        assert first["text"].splitlines()[-1] == "ValueError: no"
        assert second["text"] == "orders app: on"

    @pytest.mark.parametrize(
        "line",
        [
            f"x trace_id={TRACE}",
            f"x traceparent: 00-{TRACE}-00f067aa0ba902b7-01",
            f'{{"traceId": "{TRACE}"}}',
        ],
    )
    def test_names_its_trace(self, client: Client, log: Log, line: str) -> None:
        log("orders.web", f"{line}\n")
        assert client.logs()["entries"][0]["trace"] == TRACE

    def test_that_is_binary_or_endless_is_cut(self, client: Client, stack: Stack) -> None:
        stack.log_of("orders.web").write_bytes(b"x" * 150_000 + b"\n\xff\x00\xfe\n")
        texts = [entry["text"] for entry in client.logs()["entries"]]
        assert [len(text) for text in texts] == [64_000, 64_000, 22_000, 3]


class TestAFilter:
    @pytest.fixture(autouse=True)
    def logged(self, log: Log) -> None:
        log("orders.web", f"2026-11-27 12:00:01,000 INFO orders r-1 app: trace_id={TRACE} Made\n")
        log("orders.relay", "2026-11-27 12:00:02,000 ERROR orders r-2 app: made nothing\n")
        log("ordersx", "2026-11-27 12:00:03,000 WARNING x app: other\n")

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({}, ["orders.web", "orders.relay", "ordersx"]),
            ({"process": "orders"}, ["orders.web", "orders.relay"]),
            ({"process": "orders.web"}, ["orders.web"]),
            ({"level": "WARNING"}, ["orders.relay", "ordersx"]),
            ({"text": "MADE"}, ["orders.web", "orders.relay"]),
            ({"text": "made", "level": "ERROR"}, ["orders.relay"]),
            ({"trace": TRACE}, ["orders.web"]),
            ({"process": "../../stack"}, []),
            ({"level": "nonsense"}, ["orders.web", "orders.relay", "ordersx"]),
        ],
    )
    def test_leaves_what_has_it_all(self, client: Client, wanted: dict[str, str], found: list[str]) -> None:
        assert [entry["process"] for entry in client.logs(**wanted)["entries"]] == found

    def test_searches_further_than_the_tail(
        self, client: Client, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "TAIL_BYTES", 1_000)
        log("orders.web", "noise\n" * 1_000)
        assert "Made" not in str(client.logs()["entries"])
        assert len(client.logs(process="orders.web", text="Made")["entries"]) == 1

    def test_reads_no_more_than_its_bound(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "SEARCH_BYTES", 30)
        assert read_logs(stack.run_dir / "log", LogFilter(text="made"))["entries"] == []


class TestFollowing:
    def follow(self, client: Client, seen: dict[str, int]) -> tuple[list[str], dict[str, int]]:
        found = client.logs(after=json.dumps(seen))
        return [entry["text"] for entry in found["entries"]], found["after"]

    def test_shows_what_was_added_and_nothing_twice(self, client: Client, log: Log) -> None:
        log("orders.web", "one\n")
        seen = client.logs()["after"]
        log("orders.web", "two\nthr")
        texts, seen = self.follow(client, seen)
        assert texts == ["two"]
        log("orders.web", "ee\n")
        log("orders.relay", "four\n")
        texts, seen = self.follow(client, seen)
        assert sorted(texts) == ["four", "three"]
        assert self.follow(client, seen)[0] == []

    def test_goes_on_when_a_log_was_put_aside(self, client: Client, log: Log, stack: Stack) -> None:
        log("orders.web", "a long line of the old file\n")
        seen = client.logs()["after"]
        stack.log_of("orders.web").write_text("new\n")
        assert self.follow(client, seen)[0] == ["new"]

    @pytest.mark.parametrize("after", ["no JSON", "[1]", '{"orders.web": "x"}', '{"a": null}', "1"])
    def test_refuses_what_is_no_place(self, client: Client, after: str) -> None:
        assert client.get(f"/api/logs?after={after.replace(' ', '%20')}").status == 400
