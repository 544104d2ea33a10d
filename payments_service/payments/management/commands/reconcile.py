"""`manage reconcile`: compare the ledger, the payments, the orders and Stripe's own books."""

import re
from argparse import ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from payments_service.clients.stripe import StripeUnavailable
from payments_service.payments.reconciliation import Reconciliation
from service_defaults.clock import database_now

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
DIFFERENT, UNFINISHED = 1, 2


def moment(text: str) -> datetime:
    """Return the time that `2026-01-31`, `2026-01-31T12:00Z` or an age such as `7d` names."""
    if age := re.fullmatch(r"(\d{1,5})([dhm])", text):
        return timezone.now() - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        day = parse_date(text)
        time = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001  below
    except ValueError:
        time = None
    if time is None:
        raise ArgumentTypeError(f"{text!r} is no time: try 2026-01-31, 2026-01-31T12:00Z or 7d")
    return time if timezone.is_aware(time) else timezone.make_aware(time)


class Command(BaseCommand):
    """Prints each difference and the sums; exit code 1 where they differ, 2 where Stripe is away."""

    help = "Compare the ledger, the payments, the orders and Stripe's own books; print the differences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the window."""
        parser.add_argument(
            "--since",
            type=moment,
            default="30d",
            help="compare what began then or later: a date, a time or an age (7d, 12h); default 30d",
        )

    def handle(self, *args: Any, since: datetime, **options: Any) -> None:
        """Compare. Raises CommandError with the exit code."""
        books = Reconciliation(
            since=since, now=database_now(), stuck_after=timedelta(seconds=settings.STUCK_SECONDS)
        )
        found = 0
        try:
            for difference in books.differences():
                found += 1
                self.stdout.write(difference)
        except StripeUnavailable as error:
            reached = books.compared_until.isoformat()
            raise CommandError(
                f"Stripe gave no answer; go on with --since {reached}", returncode=UNFINISHED
            ) from error
        self._tell_sums(books)
        if found:
            raise CommandError(f"{found} differences", returncode=DIFFERENT)
        self.stdout.write("No differences")

    def _tell_sums(self, books: Reconciliation) -> None:
        self.stdout.write(
            f"{books.payments} payments since {books.since.isoformat()}, {books.under_way} of them under way"
        )
        for what in sorted(books.ours):
            self.stdout.write(
                f"{what}: {books.ours[what]:.2f} by the ledger, {books.stripes[what]:.2f} by Stripe"
            )
