"""`manage events`: look at this service's events, and do what a person has to decide about them."""

from inspect import cleandoc
from types import ModuleType
from typing import Any

import django.db
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_events.errors import describe
from shared_events.management.events import (
    archive,
    dead_letters,
    lag,
    rebuild,
    received,
    recover,
    replay,
    resume,
    search,
    skipped,
    status,
    tail,
    trace,
)

_MODULES = (
    *(status, lag, tail, search, trace),
    *(dead_letters, resume, skipped, replay, rebuild),
    *(received, recover, archive),
)


class Command(BaseCommand):
    """Each subcommand is a module of `shared_events.management.events`."""

    help = (
        "Look at this service's events, and do what a person has to decide about them, in this service's own "
        "database. `events <what> --help` says more of each."
    )
    #: Whoever looks at a service may do so while its settings are incomplete; and it is quicker.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the subcommands."""
        kinds = parser.add_subparsers(dest="what", title="what", metavar="<what>", required=True)
        for name, module in subcommands().items():
            description = cleandoc(module.__doc__ or "")
            summary = description.partition("\n")[0]
            kind = kinds.add_parser(
                name, help=summary[0].lower() + summary[1:].rstrip("."), description=description
            )
            module.add_arguments(kind)

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        """Do it. Raises CommandError, also where the database is away."""
        try:
            subcommands()[what].run(options, self.stdout)
        except django.db.Error as error:
            raise CommandError(describe(error)) from error


def subcommands() -> dict[str, ModuleType]:
    """Return the modules by the names of their subcommands."""
    return {module.__name__.rpartition(".")[2].replace("_", "-"): module for module in _MODULES}
