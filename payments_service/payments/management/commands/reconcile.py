"""`manage reconcile`: compare the ledger, the payments, the orders and the provider's own records."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from contracts.order_export import NotReadThatFar, UnreadableExport, opened
from payments_service.payments import operations
from payments_service.payments.order_comparison import OrderComparison
from payments_service.payments.reconciliation import Reconciliation
from payments_service.providers import ProviderUnavailable
from service_defaults.clock import database_now, moment
from shared_events.inbox import cursors

DIFFERENT, UNFINISHED = 1, 2


class Command(BaseCommand):
    """Print each difference and the sums; exit code 1 where they differ, 2 where it couldn't compare."""

    help = (
        "Compare the ledger, the payments, the orders and Stripe's records; print the differences. Orders "
        "are those that payments has received; with --orders they are compared with orders' own, too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the window, and orders' own list."""
        parser.add_argument(
            "--since",
            type=moment,
            default="30d",
            help="compare what began then or later: a date, a time or an age (7d, 12h); default 30d",
        )
        parser.add_argument(
            "--orders",
            type=Path,
            metavar="FILE",
            help="what `manage export_orders` of orders has printed; - for standard input",
        )
        parser.add_argument(
            "--end-lost",
            action="store_true",
            help="end the orders that orders doesn't have (in FILE): nothing of their payments is kept",
        )

    def handle(
        self, *args: Any, since: datetime, orders: Path | None, end_lost: bool, **options: Any
    ) -> None:
        """Compare. Raises CommandError with the exit code."""
        if end_lost and orders is None:
            raise CommandError("--end-lost goes with --orders: only orders' own list says what is lost")
        stuck_after = timedelta(seconds=settings.STUCK_SECONDS)
        found = self._compare_orders(orders, stuck_after, end_lost=end_lost) if orders else 0
        records = Reconciliation(since=since, now=database_now(), stuck_after=stuck_after)
        found += self._compare_records(records)
        self._print_sums(records)
        if orders is None:
            self.stdout.write(
                "Orders are those that payments has received; compare orders' own with --orders"
            )
        if found:
            raise CommandError(f"{found} differences", returncode=DIFFERENT)
        self.stdout.write("No differences")

    def _compare_orders(self, file: Path, stuck_after: timedelta, *, end_lost: bool) -> int:
        """Print in what orders' own list differs; return in how much of it a person has something to do."""
        try:
            with opened(file) as export:
                export.require_applied(cursors.applied("order"))
                since = database_now() - stuck_after
                # All of it before anything is ended: a list that was cut off is noticed at its end.
                differences = [*OrderComparison(export=export, under_way_since=since).differences()]
        except (UnreadableExport, NotReadThatFar, cursors.Halted, OSError) as error:
            raise CommandError(str(error), returncode=UNFINISHED) from error
        ended = [one.lost_order for one in differences if end_lost and one.lost_order]
        for difference in differences:
            if difference.lost_order not in ended:
                self.stdout.write(difference.words)
        for order_id in ended:
            with transaction.atomic():
                operations.end_lost_order(order_id=order_id, now=database_now())
            self.stdout.write(f"order {order_id}: orders doesn't have it: it is ended")
        return len(differences) - len(ended)

    def _compare_records(self, records: Reconciliation) -> int:
        found = 0
        try:
            for found, difference in enumerate(records.differences(), 1):  # noqa: B007 (the last one counts)
                self.stdout.write(difference)
        except ProviderUnavailable as error:
            reached = records.compared_until.isoformat()
            raise CommandError(
                f"{records.provider.name} gave no answer; go on with --since {reached}", returncode=UNFINISHED
            ) from error
        return found

    def _print_sums(self, records: Reconciliation) -> None:
        self.stdout.write(
            f"{records.payments} payments since {records.since.isoformat()},"
            f" {records.under_way} of them under way"
        )
        name = records.provider.name
        for what in sorted(records.ours):
            self.stdout.write(
                f"{what}: {records.ours[what]:.2f} by the ledger, {records.theirs[what]:.2f} by {name}"
            )
