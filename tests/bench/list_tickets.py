"""List many tickets at once, as one seller would. Run with the tickets service's environment."""

import argparse
import os
from decimal import Decimal


def main() -> None:
    """List as many as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tickets_service.config.settings"
    import django

    django.setup()
    list_tickets(options.count)


def list_tickets(count: int) -> None:
    """List `count` tickets, a hundred in a transaction."""
    from django.db import transaction
    from django.utils import timezone

    from shared_events.ids import uuid7
    from tickets_service.tickets.operations import create_ticket

    seller = uuid7()
    for start in range(0, count, 100):
        with transaction.atomic():
            for number in range(start, min(start + 100, count)):
                details = {"title": f"Bench {number}", "price": Decimal(10)}
                create_ticket(seller_id=seller, details=details, now=timezone.now())


if __name__ == "__main__":
    main()
