"""What may change within a version of an event, and what may not."""

from copy import deepcopy
from typing import Any

import pytest

from shared_events.catalogue import Stream, asyncapi, incompatibilities, schema_of
from shared_events.tests.notes.contracts import NoteErased, NoteWritten

PUBLISHED = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "place": {"$ref": "#/$defs/Place"},
        "mood": {"enum": ["good", "bad"], "default": "good"},
    },
    "required": ["text", "place"],
    "$defs": {"Place": {"type": "object", "properties": {"page": {"type": "integer"}}, "required": ["page"]}},
}


@pytest.fixture
def current() -> dict[str, Any]:
    return deepcopy(PUBLISHED)


class TestWithinAVersion:
    def test_words_may_change(self, current: dict[str, Any]) -> None:
        current["properties"]["text"] |= {"description": "what was written", "title": "Text"}
        assert incompatibilities(PUBLISHED, current) == []

    def test_a_field_with_a_default_may_come(self, current: dict[str, Any]) -> None:
        current["properties"]["colour"] = {"type": "string", "default": "blue"}
        assert incompatibilities(PUBLISHED, current) == []

    def test_a_field_without_one_may_not(self, current: dict[str, Any]) -> None:
        current["properties"]["colour"] = {"type": "string"}
        current["required"].append("colour")
        assert incompatibilities(PUBLISHED, current) == ["`colour` of the event is required, and was not"]

    def test_no_field_may_go(self, current: dict[str, Any]) -> None:
        del current["properties"]["text"]
        assert incompatibilities(PUBLISHED, current) == ["the event has lost `text`"]

    def test_no_field_may_change_its_type(self, current: dict[str, Any]) -> None:
        current["properties"]["text"] = {"type": "integer"}
        [reason] = incompatibilities(PUBLISHED, current)
        assert reason.startswith("`text` of the event was {'type': 'string'}")

    def test_no_value_may_come_or_go(self, current: dict[str, Any]) -> None:
        current["properties"]["mood"]["enum"].append("so so")
        assert len(incompatibilities(PUBLISHED, current)) == 1

    def test_parts_inside_count_too(self, current: dict[str, Any]) -> None:
        current["$defs"]["Place"]["properties"] = {"line": {"type": "integer"}}
        assert incompatibilities(PUBLISHED, current) == ["`place` of the event has lost `page`"]


class TestTheDocuments:
    def test_of_an_event_stand_alone(self) -> None:
        schema = schema_of(NoteWritten)
        assert (schema["title"], schema["required"]) == ("NoteWritten", ["text"])

    def test_of_a_system_say_who_sends_and_who_receives_what(self) -> None:
        stream = Stream(
            name="note",
            publisher="notes",
            events=(NoteWritten, NoteErased),
            subscribers={"readers": ("note.written",)},
        )
        document = asyncapi("Notes", "", [stream])
        operations = document["operations"]
        assert [operation["action"] for operation in operations.values()] == ["send", "receive"]
        assert operations["readers.follow.note"]["messages"] == [
            {"$ref": "#/channels/note/messages/note.written"}
        ]
