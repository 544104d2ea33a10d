"""`manage export_orders`: all orders by orders' own rows, for others to compare theirs with."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from contracts import order_export
from orders_service.orders import queries
from service_defaults.clock import database_now, moment


class Command(BaseCommand):
    """Prints a line of JSON for each order, as of one moment."""

    help = (
        "Print all orders, a line of JSON for each, as `reconcile --orders` of payments and tickets reads "
        "them. They are of one moment, whatever happens meanwhile, and take little memory."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how far to go back."""
        parser.add_argument(
            "--since",
            type=moment,
            help="only orders placed then or later: a date, a time or an age (7d, 12h); default: all",
        )

    def handle(self, *args: Any, since: datetime | None, **options: Any) -> None:
        """Print them."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            header, orders = queries.export_orders(since=since, now=database_now())
            for line in order_export.lines(header, orders):
                self.stdout.write(line)
