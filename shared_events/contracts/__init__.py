"""The events that services publish: one module per publisher, one frozen struct per event.

A system keeps its contracts in modules of its own and names them in its services' `EventSettings`.
A contract's fields are the aggregate's public state after the change, never a delta. Readers are tolerant:
unknown fields are ignored, so a new field needs a default. A breaking change is a new `schema_version`
together with an upcaster that lifts the older shape. Plain Python: no Django, no Celery.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

import msgspec

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

E = TypeVar("E", bound="type[Event]")

_contracts: dict[str, type["Event"]] = {}


class NewerSchema(Exception):
    """The event has a newer schema version than this code has; deploy the newer contracts."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every contract. The wire type is derived: `LetterSent` travels as `letter.sent`."""

    schema_version: ClassVar[int] = 1
    upcasters: ClassVar[Mapping[int, Upcaster]] = {}

    @classmethod
    def wire_type(cls) -> str:
        """Return the type as it stands in the envelope, `<stream>.<what_happened>`."""
        return _wire_type(cls.__name__)

    @classmethod
    def stream(cls) -> str:
        """Return the name of the stream that this event belongs to."""
        return cls.wire_type().partition(".")[0]

    def to_data(self) -> dict[str, Any]:
        """Return the fields as JSON-ready builtins: ids, times and money become strings."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data

    def to_json(self) -> bytes:
        """Return the same as JSON."""
        return msgspec.json.encode(self)

    @classmethod
    def from_data(cls, data: dict[str, Any], schema_version: int) -> Self:
        """Decode `data` strictly, lifting older versions first.

        Raises NewerSchema, and msgspec.ValidationError when a field is missing or of the wrong type.
        """
        if schema_version > cls.schema_version:
            raise NewerSchema(f"{cls.wire_type()} v{schema_version}; this code has v{cls.schema_version}")
        for version in range(schema_version, cls.schema_version):
            data = cls.upcasters[version](data)
        return msgspec.convert(data, cls)


@cache
def _wire_type(name: str) -> str:
    words = re.findall(r"[A-Z][a-z0-9]*", name)
    return f"{words[0]}.{'_'.join(words[1:])}".lower()


def contract(cls: E) -> E:
    """Class decorator: make the event known under its wire type. Each type may be claimed once."""
    known = _contracts.setdefault(cls.wire_type(), cls)
    if known is not cls:
        raise TypeError(f"{cls.wire_type()} is already the wire type of {known.__module__}.{known.__name__}")
    return cls


def load(names: Iterable[str]) -> None:
    """Import modules by name, and of packages all modules inside, so that their contracts are known.

    Raises ImportError.
    """
    for name in names:
        module = importlib.import_module(name)
        for inner in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{name}."):
            importlib.import_module(inner.name)


def published_events() -> dict[str, type[Event]]:
    """Return every contract that was imported so far, by wire type."""
    return dict(_contracts)
