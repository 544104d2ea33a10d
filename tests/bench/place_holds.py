"""Hold many tickets, due evenly over a time. Run with the orders service's environment."""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

THREADS = 4


def main() -> None:
    """Hold `--count` tickets, due evenly within `--over` seconds from `--due` (epoch seconds)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--due", type=float, required=True)
    parser.add_argument("--over", type=float, required=True)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "orders_service.config.settings"
    import django

    django.setup()
    place_holds(options.count, options.due, options.over)


def place_holds(count: int, due: float, over: float) -> None:
    """Wait until orders has the tickets, then hold each for a buyer of its own."""
    from django.db import connection, transaction

    from orders_service.orders.models import TicketReplica
    from orders_service.orders.operations import place_order
    from service_defaults.clock import database_now
    from shared_events.ids import uuid7

    while TicketReplica.objects.filter(title__startswith="Bench ").count() < count:
        time.sleep(0.2)
    tickets = list(
        TicketReplica.objects.filter(title__startswith="Bench ").values_list("id", flat=True)[:count]
    )

    def hold(part: int) -> None:
        for number in range(part, count, THREADS):
            ends = datetime.fromtimestamp(due + over * number / count, UTC)
            with transaction.atomic():
                now = database_now()
                held = max(ends - now, timedelta(seconds=1))
                place_order(buyer_id=uuid7(), ticket_id=tickets[number], hold=held, now=now)
        connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(hold, range(THREADS)))


if __name__ == "__main__":
    main()
