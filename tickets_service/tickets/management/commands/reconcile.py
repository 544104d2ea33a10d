"""`manage reconcile`: compare who holds which ticket with orders' own list of its orders."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from contracts.order_export import NotReadThatFar, UnreadableExport, opened
from shared_events.inbox import cursors
from tickets_service.tickets import operations
from tickets_service.tickets.reconciliation import differences

DIFFERENT, UNFINISHED = 1, 2


class Command(BaseCommand):
    """Prints each difference; exit code 1 where there are some, 2 where it couldn't compare."""

    help = "Compare who holds which ticket with orders' own list of its orders; print the differences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take orders' own list."""
        parser.add_argument(
            "--orders",
            type=Path,
            metavar="FILE",
            required=True,
            help="what `manage export_orders` of orders has printed; - for standard input",
        )
        parser.add_argument(
            "--end-lost", action="store_true", help="free the tickets that are held for no order (in FILE)"
        )

    def handle(self, *args: Any, orders: Path, end_lost: bool, **options: Any) -> None:
        """Compare. Raises CommandError with the exit code."""
        try:
            with opened(orders) as export:
                export.require_applied(cursors.applied("order"))
                # All of it before anything is freed: a list that was cut off is noticed at its end.
                found = [*differences(export)]
        except (UnreadableExport, NotReadThatFar, cursors.Halted, OSError) as error:
            raise CommandError(str(error), returncode=UNFINISHED) from error
        remaining = 0
        for text, lost_hold in found:
            if lost_hold is not None and end_lost:
                with transaction.atomic():
                    operations.release_lost_hold(ticket_id=lost_hold.id, order_id=lost_hold.order_id)
                self.stdout.write(f"ticket {lost_hold.id}: it is free again")
            else:
                remaining += 1
                self.stdout.write(text)
        if remaining:
            raise CommandError(f"{remaining} differences", returncode=DIFFERENT)
        self.stdout.write("No differences")
