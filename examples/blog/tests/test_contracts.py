"""One golden file per event version, which the publisher emits and each subscriber must accept."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared_events import contracts
from shared_events.contracts import Event

GOLDEN = Path(__file__).parent / "golden"

contracts.load(["examples.blog.contracts"])
EVENTS = {
    f"{wire_type}.v{event.schema_version}": event
    for wire_type, event in contracts.published_events().items()
    if event.__module__.startswith("examples.blog.")
}


class TestTheBlogsContracts:
    def test_have_a_golden_file_for_each_version(self) -> None:
        assert sorted(EVENTS) == sorted(path.stem for path in GOLDEN.glob("*.json"))

    @pytest.mark.parametrize("name", sorted(EVENTS))
    def test_read_the_golden_file_and_emit_it_again(self, name: str) -> None:
        event, data = EVENTS[name], _golden(name)
        assert event.from_data(data, event.schema_version).to_data() == data

    @pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
    def test_say_who_records_them_and_when(self, event: type[Event]) -> None:
        assert (event.__doc__ or "").startswith("Recorded by ")


def _golden(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    return data
