"""`manage rebuild`: feed one handler all of its events once more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_events.inbox import backfill


class Command(BaseCommand):
    """Makes one handler's rows anew, while all others go on as they are."""

    help = (
        "Feed one handler all of its events again, from the first on, in order: for a table to be made anew. "
        "The events worker does it by catch-up; other handlers and other streams go on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the handler."""
        parser.add_argument(
            "handler", help="its name, such as `inbox.handlers.keep_letter`, or the end of it"
        )

    def handle(self, *args: Any, handler: str, **options: Any) -> None:
        """Begin, and say what will be fed. Raises CommandError for a name that isn't a handler's."""
        try:
            begun = backfill.rebuild(handler)
        except backfill.UnknownHandler as error:
            raise CommandError(str(error)) from error
        for each in begun:
            self.stdout.write(f"{each.handler} is fed {each.type} from the first on")
