"""The event catalogue: contracts as JSON Schema, a system as AsyncAPI, what may change within a version."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

import msgspec

from shared_events.contracts import Event
from shared_events.envelope import RawEnvelope

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: What a reader doesn't depend on.
_WORDS = {"description", "title", "default"}


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A stream, with who publishes it, its events, and which services handle which of them (by wire type)."""

    name: str
    publisher: str
    events: tuple[type[Event], ...]
    subscribers: Mapping[str, tuple[str, ...]]


def name_of(event: type[Event]) -> str:
    """Return the name under which this version of an event stands in the catalogue: `letter.sent.v2`."""
    return f"{event.wire_type()}.v{event.schema_version}"


def schema_of(event: type[Event]) -> Schema:
    """Return the JSON Schema of an event's data, in one piece."""
    whole = msgspec.json.schema(event)
    definitions = {name: _tidy(part) for name, part in whole["$defs"].items()}
    own = definitions.pop(event.__name__)
    return {"$schema": _DIALECT, **own, **({"$defs": definitions} if definitions else {})}


def envelope_schema() -> Schema:
    """Return the JSON Schema of the envelope around every event."""
    (_, envelope), *_ = msgspec.json.schema(RawEnvelope)["$defs"].items()
    return {"$schema": _DIALECT, **_tidy(envelope), "title": "Envelope"}


def _tidy(schema: Schema) -> Schema:
    described = {"description": cleandoc(schema["description"])} if "description" in schema else {}
    return {**schema, **described}


def incompatibilities(published: Schema, current: Schema) -> list[str]:
    """Return why readers of a published version couldn't read the current one, or this code its old events.

    Within a version only fields with a default may be added, and words may change. All else is a new version.
    """
    return sorted(_differences(published, current, published, current, "the event"))


def _differences(old: Schema, new: Schema, all_old: Schema, all_new: Schema, where: str) -> Iterator[str]:
    old, new = _resolved(old, all_old), _resolved(new, all_new)
    if old.get("type") == new.get("type") == "object" and "properties" in old:
        yield from _field_differences(old, new, all_old, all_new, where)
    elif _essence(old) != _essence(new):
        yield f"{where} was {_essence(old)}, and is now {_essence(new)}"


def _field_differences(
    old: Schema, new: Schema, all_old: Schema, all_new: Schema, where: str
) -> Iterator[str]:
    before, after = old["properties"], new.get("properties", {})
    for name in before.keys() - after.keys():
        yield f"{where} has lost `{name}`"
    for name in set(new.get("required", ())) - set(old.get("required", ())):
        yield f"`{name}` of {where} is required, and was not"
    for name in before.keys() & after.keys():
        yield from _differences(before[name], after[name], all_old, all_new, f"`{name}` of {where}")


def _resolved(schema: Schema, whole: Schema) -> Schema:
    reference = schema.get("$ref", "")
    return whole["$defs"][reference.rpartition("/")[2]] if reference else schema


def _essence(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _essence(part) for name, part in schema.items() if name not in _WORDS}
    return [_essence(part) for part in schema] if isinstance(schema, list) else schema


def asyncapi(title: str, description: str, streams: Iterable[Stream]) -> dict[str, Any]:
    """Return an AsyncAPI 3 document: a channel per stream, who sends on it and who receives what.

    Its messages refer to the events' schemas as `schemas/<name>.json` beside it.
    """
    streams = list(streams)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": "1", "description": description},
        "defaultContentType": "application/json",
        "channels": {stream.name: _channel(stream) for stream in streams},
        "operations": dict(operation for stream in streams for operation in _operations(stream)),
        "components": {
            "messages": {event.wire_type(): _message(event) for stream in streams for event in stream.events},
            "schemas": {"Envelope": envelope_schema()},
        },
    }


def _channel(stream: Stream) -> dict[str, Any]:
    return {
        "address": stream.name,
        "description": f"The `{stream.name}` stream, published by {stream.publisher}.",
        "messages": {
            event.wire_type(): {"$ref": f"#/components/messages/{event.wire_type()}"}
            for event in stream.events
        },
    }


def _operations(stream: Stream) -> Iterator[tuple[str, dict[str, Any]]]:
    every = [event.wire_type() for event in stream.events]
    yield f"{stream.publisher}.publish.{stream.name}", _operation(stream, "send", every)
    for service, handled in sorted(stream.subscribers.items()):
        yield f"{service}.follow.{stream.name}", _operation(stream, "receive", handled)


def _operation(stream: Stream, action: str, wire_types: Iterable[str]) -> dict[str, Any]:
    channel = f"#/channels/{stream.name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{wire_type}"} for wire_type in sorted(wire_types)],
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.wire_type(),
        "title": event.__name__,
        "summary": cleandoc(event.__doc__ or "").partition("\n")[0],
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {
                    "properties": {
                        "type": {"const": event.wire_type()},
                        "schema_version": {"const": event.schema_version},
                        "data": {"$ref": f"schemas/{name_of(event)}.json"},
                    }
                },
            ]
        },
    }
