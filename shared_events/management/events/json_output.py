"""What another program reads: JSON, once or for each line of standard input."""

import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django.db
from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.db import connection

from shared_events.errors import describe


@dataclass(frozen=True, kw_only=True)
class JsonOutput:
    """A subcommand that prints what `read` returns: with --json as one line, otherwise as `show` formats it.

    With --follow it goes on until its standard input ends: each line holds further arguments and is answered
    by one line of JSON, or by `{"error": …}`. Whoever polls needn't start a process each time.
    """

    #: Adds the arguments that `read` takes.
    arguments: Callable[[CommandParser], None]
    #: Returns what can be written as JSON. Raises CommandError and django.db.Error.
    read: Callable[[dict[str, Any]], Any]
    show: Callable[[Any], str]

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form, and what `read` takes."""
        parser.add_argument("--json", action="store_true", help="print one line of JSON")
        parser.add_argument(
            "--follow",
            action="store_true",
            help="for each line of standard input, which holds further arguments, print one line of JSON",
        )
        self.arguments(parser)

    def run(self, options: dict[str, Any], out: OutputWrapper) -> None:
        """Print it. Raises CommandError and django.db.Error."""
        if options["follow"]:
            self._follow(out)
            return
        found = self.read(options)
        text = _as_line(found) if options["json"] else self.show(found)
        if text:
            out.write(text)

    def _follow(self, out: OutputWrapper) -> None:
        parser = CommandParser()
        self.add_arguments(parser)
        for line in sys.stdin:
            try:
                found = self.read(vars(parser.parse_args(shlex.split(line))))
            except CommandError as error:
                found = {"error": str(error)}
            except django.db.Error as error:
                # The next line is answered by a new connection.
                connection.close()
                found = {"error": describe(error)}
            out.write(_as_line(found))
            out.flush()


def _as_line(found: Any) -> str:
    return json.dumps(found, default=str, ensure_ascii=False)
