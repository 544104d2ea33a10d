"""Adds the fields that contracts have gained to the golden files: `./manage_all.py events golden`.

Only a field with a default can be added to a version: it is written with that, an empty text with its name as
an example. Nothing that a file has is changed.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from shared_events.contracts import Event, published_events

CONTRACTS = ("order", "payment", "ticket", "user")
HOME = Path(__file__).with_name("golden")


def main() -> int:
    """Write every golden file that lacks a field of its event; return the exit code."""
    for name in CONTRACTS:
        importlib.import_module(f"contracts.{name}")
    for event in published_events().values():
        place = HOME / f"{event.wire_type()}.v{event.schema_version}.json"
        data = json.loads(place.read_text())
        completed = complete(event, data)
        if completed != data:
            place.write_text(json.dumps(completed, indent=2, ensure_ascii=False) + "\n")
            print(f"wrote {place.name}")
    return 0


def complete(event: type[Event], data: dict[str, Any]) -> dict[str, Any]:
    """Return the event's data with the fields that it lacks."""
    return _merged(data, event.from_data(data, event.schema_version).to_data())


def _merged(data: dict[str, Any], all_fields: dict[str, Any]) -> dict[str, Any]:
    added = {name: value or _example(name, value) for name, value in all_fields.items() if name not in data}
    kept = {
        name: _merged(value, all_fields[name]) if isinstance(value, dict) else value
        for name, value in data.items()
    }
    return kept | added


def _example(name: str, value: Any) -> Any:
    return name.replace("_", " ").capitalize() if value == "" else value


if __name__ == "__main__":
    sys.exit(main())
