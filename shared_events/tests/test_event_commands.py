"""The commands that print JSON for another program."""

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

from shared_events.management.commands import event_status
from shared_events.models import Cursor, LoggedEvent
from shared_events.outbox.archive import archive
from shared_events.outbox.relay import Relay
from shared_events.tests.conftest import Published, Write

LIBRARY = Path(__file__).parents[1]


def said(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("event_status", "--json", *arguments, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


class TestEventStatus:
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
        call_command("event_status", stdout=(out := StringIO()))
        lines = out.getvalue().splitlines()
        assert "unpublished_events\t0" in lines
        assert "oldest_unpublished_seconds\t-" in lines
        assert any(line.startswith("lease\tholder ") and "is_held True" in line for line in lines)

    def test_answers_each_line_while_it_follows(self, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", StringIO("\n--subscriber note:0\n--subscriber other:0\n"))
        call_command("event_status", "--follow", stdout=(out := StringIO()))
        first, second, third = map(json.loads, out.getvalue().splitlines())
        assert first["subscribers"] == []
        assert len(second["subscribers"]) == 1
        assert "isn't STREAM:POSITION" in third["error"]

    def test_says_that_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise OperationalError("the server is away")

        monkeypatch.setattr(event_status, "read_status", fail)
        monkeypatch.setattr(sys, "stdin", StringIO("\n"))
        with pytest.raises(CommandError, match="the server is away"):
            said()
        call_command("event_status", "--follow", stdout=(out := StringIO()))
        assert json.loads(out.getvalue()) == {"error": "OperationalError: the server is away"}


class TestDeadLetters:
    def test_are_printed_for_a_program_with_what_waits_behind_them(self, parked_note: UUID) -> None:
        call_command("dead_letters", "--json", stdout=(out := StringIO()))
        first, second = json.loads(out.getvalue())
        assert (first["state"], first["tries"], first["waiting_behind"]) == ("retrying", 1, 1)
        assert (first["stream"], first["position"], first["aggregate_id"]) == ("note", 1, str(parked_note))
        assert first["error"] == "Poisoned: poison"
        assert (second["state"], second["error"]) == ("waiting", "")


class TestLoggedEvents:
    def found(self, *arguments: str) -> list[dict[str, Any]]:
        call_command("logged_events", "--json", *arguments, stdout=(out := StringIO()))
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
        call_command("logged_events", stdout=(out := StringIO()))
        assert f"note:unsequenced\tnote.written\t{note}" in out.getvalue()
