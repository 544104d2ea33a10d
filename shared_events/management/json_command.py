"""Management commands that another program reads: JSON, once or for each line of standard input."""

import json
import shlex
import sys
from abc import ABC, abstractmethod
from typing import Any

import django.db
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from shared_events.errors import describe


class JsonCommand(ABC, BaseCommand):
    """Prints what `read` returns: with --json as one line of JSON, otherwise as `show` formats it.

    With --follow it goes on until its standard input ends: each line holds further arguments and is answered
    by one line of JSON, or by `{"error": …}`. Whoever polls needn't start a process each time.
    """

    #: Whoever reads the state of a service may do so while its settings are incomplete; and it is quicker.
    requires_system_checks = ()

    @abstractmethod
    def read(self, options: dict[str, Any]) -> Any:
        """Return what can be written as JSON, by these arguments. Raises CommandError and django.db.Error."""

    @abstractmethod
    def show(self, found: Any) -> str:
        """Return what `read` has returned as text for a person."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form."""
        parser.add_argument("--json", action="store_true", help="print one line of JSON")
        parser.add_argument(
            "--follow",
            action="store_true",
            help="for each line of standard input, which holds further arguments, print one line of JSON",
        )

    def handle(self, *args: Any, follow: bool, **options: Any) -> None:
        """Print it. Raises CommandError where the database is away."""
        if follow:
            self._follow()
            return
        try:
            found = self.read(options)
        except django.db.Error as error:
            raise CommandError(describe(error)) from error
        text = _as_line(found) if options["json"] else self.show(found)
        if text:
            self.stdout.write(text)

    def _follow(self) -> None:
        parser = self.create_parser("manage", self.__module__.rpartition(".")[2])
        for line in sys.stdin:
            try:
                found = self.read(vars(parser.parse_args(shlex.split(line))))
            except CommandError as error:
                found = {"error": str(error)}
            except django.db.Error as error:
                # The next line is answered by a new connection.
                connection.close()
                found = {"error": describe(error)}
            self.stdout.write(_as_line(found))
            self.stdout.flush()


def _as_line(found: Any) -> str:
    return json.dumps(found, default=str, ensure_ascii=False)
