"""What the relay reads of payments whenever it is scraped."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings

from payments_service.payments import queries
from service_defaults.clock import database_now
from shared_events.metrics import Gauge, at_scrape

#: The ledger is compared with the payments that began in this time: a scrape must stay cheap.
COMPARED = timedelta(hours=1)


@at_scrape
def payments() -> Iterator[Gauge]:
    """Yield what isn't settled, what nothing moves, and where the ledger says something else."""
    now = database_now()
    unsettled = queries.get_unsettled(now=now)
    yield Gauge("payments_unsettled", "Payments with something left to do at the provider.", unsettled.count)
    yield Gauge(
        "payments_oldest_unsettled_age_seconds", "Time since the oldest of them moved.", unsettled.oldest_age
    )
    stuck = queries.count_stuck(since=queries.stuck_since(now=now))
    yield Gauge("payments_stuck", f"Payments that haven't moved for {settings.STUCK_SECONDS} s.", stuck)
    differences = queries.count_ledger_differences(since=now - COMPARED)
    yield Gauge(
        "payments_ledger_differences", "Settled payments whose ledger says something else.", differences
    )
