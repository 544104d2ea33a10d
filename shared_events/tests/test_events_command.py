"""`manage events`: what it shows, for a person and for another program."""

import json
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from shared_events.management.commands.events import subcommands
from shared_events.management.events import status, tail
from shared_events.models import Cursor, LoggedEvent
from shared_events.outbox.archive import archive
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import Published, Write

LIBRARY = Path(__file__).parents[1]


def said(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("events", "status", "--json", *arguments, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def printed(*arguments: str) -> str:
    call_command("events", *arguments, stdout=(out := StringIO()))
    return out.getvalue()


class TestHelp:
    def test_lists_every_subcommand_with_what_it_does(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            call_command("events", "--help")
        text = capsys.readouterr().out
        for name, module in subcommands().items():
            assert f"\n    {name} " in text, name
            assert module.__doc__

    @pytest.mark.parametrize("name", subcommands())
    def test_of_a_subcommand_has_all_of_its_description(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            call_command("events", name, "--help")
        assert " ".join((subcommands()[name].__doc__ or "").split()) in " ".join(
            capsys.readouterr().out.split()
        )

    def test_is_pointed_at_where_nothing_is_asked(self) -> None:
        with pytest.raises(CommandError, match="<what>"):
            call_command("events")


class TestStatus:
    def test_prints_what_the_reference_lists(self, relay: Relay, write: Write) -> None:
        write("waits")
        Cursor.objects.create(stream="note", position=1, head=3)
        found = said("--subscriber", "note:0")
        assert (found["service"], found["unpublished_events"], found["lag_events"]) == ("notes", 1, 2)
        [lag] = found["subscribers"]
        assert (lag["stream"], lag["position"], lag["lag_events"]) == ("note", 0, 1)
        reference = (LIBRARY / "REFERENCE.md").read_text()
        rows = [*found["published"], *found["followed"], *found["subscribers"], found["lease"]]
        keys = {*found, *(key for row in rows for key in row)}
        assert {key for key in keys if f"`{key}`" not in reference} == set()

    def test_refuses_a_stream_of_another_service(self, relay: Relay) -> None:
        for wrong in ("other:1", "note", "note:x"):
            with pytest.raises(CommandError, match="isn't STREAM:POSITION"):
                said("--subscriber", wrong)

    def test_prints_a_line_for_each_fact_for_a_person(self, relay: Relay) -> None:
        lines = printed("status").splitlines()
        assert "unpublished_events\t0" in lines
        assert "oldest_unpublished_seconds\t-" in lines
        assert any(line.startswith("lease\tholder ") and "is_held True" in line for line in lines)

    def test_answers_each_line_while_it_follows(self, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", StringIO("\n--subscriber note:0\n--subscriber other:0\n"))
        call_command("events", "status", "--follow", stdout=(out := StringIO()))
        first, second, third = map(json.loads, out.getvalue().splitlines())
        assert first["subscribers"] == []
        assert len(second["subscribers"]) == 1
        assert "isn't STREAM:POSITION" in third["error"]

    def test_says_that_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise OperationalError("the server is away")

        monkeypatch.setattr(status, "read_status", fail)
        monkeypatch.setattr(sys, "stdin", StringIO("\n"))
        with pytest.raises(CommandError, match="the server is away"):
            said()
        call_command("events", "status", "--follow", stdout=(out := StringIO()))
        assert json.loads(out.getvalue()) == {"error": "OperationalError: the server is away"}


class TestDeadLetters:
    def test_are_printed_for_a_program_with_what_waits_behind_them(self, parked_note: UUID) -> None:
        call_command("events", "dead-letters", "--json", stdout=(out := StringIO()))
        first, second = json.loads(out.getvalue())
        assert (first["state"], first["tries"], first["waiting_behind"]) == ("retrying", 1, 1)
        assert (first["stream"], first["position"], first["aggregate_id"]) == ("note", 1, str(parked_note))
        assert first["error"] == "Poisoned: poison"
        assert (second["state"], second["error"]) == ("waiting", "")


class TestLag:
    def test_shows_what_is_behind_and_what_waits(self, relay: Relay, write: Write) -> None:
        write("waits")
        Cursor.objects.create(stream="note", position=1_000, head=1_003)
        lines = [line.split() for line in printed("lag").splitlines()]
        assert ["follows", "position", "behind"] in lines
        assert ["note", "1,000", "3"] in lines
        [own] = [line for line in lines if line[:4] == ["note", "1", "0", "1"]]
        assert own[-1] == "s"
        assert lines[-1] == ["parked", "events:", "0,", "dead", "letters:", "0"]

    def test_fails_where_a_stream_is_halted(self, relay: Relay) -> None:
        Cursor.objects.create(stream="note", position=1, head=3, halted_at=timezone.now())
        out = StringIO()
        with pytest.raises(CommandError, match="Halted: note; `events resume --help`"):
            call_command("events", "lag", stdout=out)
        assert ["note", "1", "halted"] in [line.split() for line in out.getvalue().splitlines()]


class TestTail:
    def test_shows_the_newest_events(self, published: Published, write: Write) -> None:
        published("first", "second")
        third = write("third")
        lines = printed("tail", "--lines=2").splitlines()
        assert len(lines) == 2
        assert " note:2 " in lines[0]
        assert " note:unsequenced note.written " in lines[1]
        assert lines[1].endswith(str(third))
        assert printed("tail", "other") == ""

    def test_goes_on_as_events_come_until_it_is_interrupted(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        came = iter(["second", "third"])

        def sleep(_: float) -> None:
            try:
                write(next(came))
            except StopIteration:
                raise KeyboardInterrupt from None

        monkeypatch.setattr(tail.time, "sleep", sleep)
        first, out = write("first"), StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("events", "tail", "note", "-f", stdout=out)
        assert ended.value.code == 130
        lines = out.getvalue().splitlines()
        assert len(lines) == 3
        assert str(first) in lines[0]


class TestTrace:
    def test_shows_an_aggregates_story_and_that_it_is_this_services_alone(self, write: Write) -> None:
        note = write("its own")
        write(f"refers to {note}")
        write(str(note))
        write("caused")
        write("another's")
        own = LoggedEvent.objects.get(data__text="its own")
        LoggedEvent.objects.filter(data__text="caused").update(causation_id=own.event_id)
        LoggedEvent.objects.filter(data__text=str(note)).update(causation_id=uuid4())
        first, second, third, *_, last = printed("trace", str(note)).splitlines()
        assert first.split("  ")[0] == "#1"
        assert "0.000 s  note.written v1  a request, a timer" in first
        assert "note.written v1  an earlier event" in second
        assert "note.written v1  #1" in third
        assert "This is the log of notes alone; events of other services are in their logs." in last
        assert len(printed("trace", str(note)).splitlines()) == 5

    def test_says_where_else_to_look_where_there_is_nothing(self, write: Write) -> None:
        with pytest.raises(CommandError, match=r"No event about .* log of notes alone"):
            printed("trace", str(uuid4()))


class TestSearch:
    def found(self, *arguments: str) -> list[dict[str, Any]]:
        call_command("events", "search", "--json", *arguments, stdout=(out := StringIO()))
        rows: list[dict[str, Any]] = json.loads(out.getvalue())
        return rows

    def texts(self, *arguments: str) -> list[str]:
        return [row["data"]["text"] for row in self.found(*arguments)]

    def test_are_found_by_where_they_stand(self, relay: Relay, published: Published, write: Write) -> None:
        published("first", "second")
        relay.mark_published()
        archive("note", before=timezone.now() + timedelta(seconds=60))
        write("third")
        assert self.texts() == ["first", "second", "third"]
        assert self.texts("--stream", "other") == []
        assert self.texts("--stream", "note", "--position", "1") == ["first"]
        assert self.texts("--last", "2") == ["second", "third"]
        newest = self.found("--last", "1")[0]
        assert newest["position"] is None
        assert self.texts("--after-id", str(newest["id"] - 1)) == ["third"]

    def test_are_found_by_whose_they_are_and_what_caused_them(self, write: Write) -> None:
        note, cause = write("its own"), uuid4()
        write(str(note))
        write("caused")
        LoggedEvent.objects.filter(data__text="caused").update(causation_id=cause)
        assert self.texts("--about", str(note)) == ["its own"]
        assert self.texts("--about", str(note), "--field", "text") == ["its own", str(note)]
        assert self.texts("--caused-by", str(uuid4()), str(cause)) == ["caused"]

    def test_are_lines_for_a_person(self, write: Write) -> None:
        note = write("first")
        event = LoggedEvent.objects.get()
        assert f"note:unsequenced\tnote.written\t{note}\t{event.event_id}\n" in printed("search")
