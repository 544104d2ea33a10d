"""Feed one handler all of its events again, from the first on, in order: for a table to be made anew.

The events worker does it by catch-up; other handlers and other streams go on meanwhile.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from shared_events.inbox import backfill


def add_arguments(parser: CommandParser) -> None:
    """Take the handler."""
    parser.add_argument("handler", help="its name, such as `inbox.handlers.keep_letter`, or the end of it")


def run(options: dict[str, Any], out: OutputWrapper) -> None:
    """Begin, and say what will be fed. Raises CommandError for a name that isn't a handler's."""
    try:
        begun = backfill.rebuild(options["handler"])
    except backfill.UnknownHandler as error:
        raise CommandError(str(error)) from error
    for each in begun:
        out.write(f"{each.handler} is fed {each.type} from the first on")
