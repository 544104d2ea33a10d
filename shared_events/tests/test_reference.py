"""The reference says what there is, by the names and arguments that it really has."""

import importlib
import inspect
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_origin

import pytest

from shared_events.envelope import Envelope
from shared_events.management.commands.events import subcommands
from shared_events.settings import EventSettings

LIBRARY = Path(__file__).parents[1]
REFERENCE = (LIBRARY / "REFERENCE.md").read_text()
HEADINGS = re.findall(r"^### `([\w.]+)(\(.*\))?`$", REFERENCE, re.MULTILINE)


def found(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(f"shared_events.{module}"), attribute)


def signature_of(thing: Any) -> str:
    """Return the arguments with their defaults, and without types."""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(thing).parameters.values()
    ]
    return str(inspect.Signature(parameters))


def table_after(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    rows = re.search(r"(?:^\|.*\n)+", REFERENCE.partition(heading)[2], re.MULTILINE)
    assert rows
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[0].splitlines()[2:]]


class TestTheReference:
    @pytest.mark.parametrize(("name", "arguments"), HEADINGS, ids=[name for name, _ in HEADINGS])
    def test_names_what_there_is_with_its_arguments(self, name: str, arguments: str) -> None:
        thing = found(name)
        if "…" in arguments:
            assert signature_of(thing).startswith(arguments.partition("…")[0].rstrip(", "))
        elif arguments:
            assert signature_of(thing) == arguments
        else:
            assert inspect.isclass(get_origin(thing) or thing)

    def test_has_every_setting_with_its_default(self) -> None:
        rows = {name.strip("`"): default.strip("`") for name, default, _ in table_after("EventSettings(")}
        defaults = {
            item.name: "" if item.default is MISSING else repr(item.default) for item in fields(EventSettings)
        }
        assert rows == defaults

    def test_has_every_field_of_the_envelope(self) -> None:
        named = {
            name for first, _ in table_after("### `envelope.Envelope`") for name in re.findall(r"\w+", first)
        }
        assert named == set(Envelope.__struct_fields__)

    def test_has_every_management_command(self) -> None:
        named = {first.split()[1].strip("`") for first, _ in table_after("## Processes")}
        commands = {path.stem for path in (LIBRARY / "management" / "commands").glob("[a-z]*.py")}
        assert named == commands - {"events"}

    def test_has_every_subcommand_of_events(self) -> None:
        named = {first.strip("`").split()[2] for first, _ in table_after("### `manage events`")}
        assert named == set(subcommands())
