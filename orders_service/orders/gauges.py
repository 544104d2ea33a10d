"""What the relay reads of holds whenever it is scraped."""

from collections.abc import Iterator

from orders_service.orders import queries
from service_defaults.clock import database_now
from shared_events.metrics import Gauge, at_scrape


@at_scrape
def holds() -> Iterator[Gauge]:
    """Yield how many holds are open, and how many should have ended."""
    now = database_now()
    yield Gauge("holds_open", "Holds that are neither paid nor released.", queries.count_open_holds())
    overdue = queries.get_overdue_holds(now=now)
    yield Gauge("holds_overdue", "Open holds that are more than 5 s past their end.", overdue.count)
    yield Gauge("holds_oldest_overdue_age_seconds", "Time since the end of the oldest.", overdue.oldest_age)
