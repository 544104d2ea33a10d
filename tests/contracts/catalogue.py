"""The marketplace's event catalogue, made from the code: `./manage_all.py events catalogue`.

Writes a JSON Schema per event version, an AsyncAPI document and the subscription graph. The schema of a
version that is in the catalogue is replaced by a compatible one only; older versions stay as they are.
"""

import argparse
import importlib
import json
import os
import sys
from collections import defaultdict
from inspect import cleandoc
from pathlib import Path
from typing import Any

from local_stack.systems.marketplace import MARKETPLACE
from shared_events import catalogue
from shared_events.catalogue import Stream
from shared_events.contracts import Event, published_events
from shared_events.inbox.subscriptions import subscriptions

HOME = Path(__file__).parents[2] / "docs" / "reference" / "events"
SERVICES = tuple(service.name for service in MARKETPLACE.stateful)


_DESCRIPTION = (
    "The events that the services publish. A message carries a batch of consecutive envelopes of one stream; "
    "positions have no gaps, and a subscriber applies each event once."
)
_INTRODUCTION = """# The events

The events that the services publish, made from the code by `./manage_all.py events catalogue`.
There is also [how events travel](../../explanation/events.md), and [asyncapi.json](asyncapi.json) for tools.
"""


class Incompatible(Exception):
    """A published version would change under its readers: give the event a new schema_version."""


def main() -> int:
    """Write the catalogue, or with --check say what in it isn't what the code says; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, and fail where something differs"
    )
    parser.add_argument("--into", type=Path, default=HOME, help="the catalogue's folder")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.architecture.settings_for_types"
    import django

    django.setup()
    try:
        return check(options.into) if options.check else write(options.into)
    except Incompatible as error:
        print(f"{error}\n{Incompatible.__doc__}", file=sys.stderr)
        return 1


def write(home: Path) -> int:
    """Write every file that differs."""
    for name, text in pages(home).items():
        place = home / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.read_text() != text:
            place.write_text(text)
            print(f"wrote {name}")
    return 0


def check(home: Path) -> int:
    """Say which files differ from what the code says."""
    differing = [
        name
        for name, text in pages(home).items()
        if not (home / name).exists() or (home / name).read_text() != text
    ]
    for name in differing:
        print(f"{name} is not what the code says; run: ./manage_all.py events catalogue", file=sys.stderr)
    return 1 if differing else 0


def pages(home: Path) -> dict[str, str]:
    """Return the catalogue's files by name. Raises Incompatible."""
    streams = the_streams()
    schemas = {
        f"schemas/{catalogue.name_of(event)}.json": catalogue.schema_of(event)
        for stream in streams
        for event in stream.events
    }
    reasons = [
        f"{name}: {reason}"
        for name, schema in schemas.items()
        if (home / name).exists()
        for reason in catalogue.incompatibilities(json.loads((home / name).read_text()), schema)
    ]
    if reasons:
        raise Incompatible("\n".join(reasons))
    document = catalogue.asyncapi("Events of the ticket marketplace", _DESCRIPTION, streams)
    texts = {name: json.dumps(content, indent=2) + "\n" for name, content in schemas.items()}
    return texts | {"asyncapi.json": json.dumps(document, indent=2) + "\n", "README.md": _page(streams)}


def the_streams() -> list[Stream]:
    """Return the marketplace's streams, as its settings, contracts and handlers say."""
    handled: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for wire_type, known in subscriptions().items():
        for subscription in known:
            app = subscription.handler.__module__.rpartition(".")[0]
            for service in (name for name in SERVICES if app in _settings_of(name).INSTALLED_APPS):
                if wire_type not in handled[wire_type.partition(".")[0]][service]:
                    handled[wire_type.partition(".")[0]][service].append(wire_type)
    return [
        Stream(
            name=name,
            publisher=service,
            events=tuple(event for event in published_events().values() if event.stream() == name),
            subscribers={subscriber: tuple(types) for subscriber, types in handled[name].items()},
        )
        for service in SERVICES
        for name in _settings_of(service).EVENTS.publishes
    ]


def _settings_of(service: str) -> Any:
    return importlib.import_module(f"{service}_service.config.settings")


def _page(streams: list[Stream]) -> str:
    arrows = [
        f"    {stream.publisher} -- {stream.name} --> {subscriber}"
        for stream in streams
        for subscriber in sorted(stream.subscribers)
    ]
    graph = "\n".join(["```mermaid", "flowchart LR", *arrows, "```"])
    return "\n".join([_INTRODUCTION, graph, *map(_section, streams)]) + "\n"


def _section(stream: Stream) -> str:
    rows = [_row(stream, event) for event in stream.events]
    return "\n".join(
        [
            f"\n## `{stream.name}`, published by {stream.publisher}\n",
            "| event | | handled by |",
            "|---|---|---|",
            *rows,
        ]
    )


def _row(stream: Stream, event: type[Event]) -> str:
    name = catalogue.name_of(event)
    says = cleandoc(event.__doc__ or "").partition("\n")[0]
    by = ", ".join(
        sorted(service for service, types in stream.subscribers.items() if event.wire_type() in types)
    )
    return f"| [`{name}`](schemas/{name}.json) | {says} | {by or '–'} |"


if __name__ == "__main__":
    sys.exit(main())
