"""Hold tickets through the whole of the orders service's web process. Run with its environment."""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

#: Requests before the first that counts: code, connections and plans are warm then.
WARM_UP = 40


def main() -> None:
    """Hold `--count` tickets, every other one without metrics, and compare the medians with `--most`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--most", type=float, required=True)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "orders_service.config.settings"
    import django

    django.setup()
    sys.exit(0 if measure(options.count, options.most) else 1)


def measure(count: int, most: float) -> bool:
    """Print the medians with and without metrics; return whether their ratio is at most `most`."""
    took: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for number, ticket_id in enumerate(_tickets(count + WARM_UP)):
        counted = bool(number % 2)
        with _counting(enabled=counted):
            spent = _hold(ticket_id)
        if number >= WARM_UP:
            took[counted].append(spent)
    kept = True
    for index, what in enumerate(("elapsed time", "processor time of the web process")):
        without, with_metrics = (
            statistics.median(times[index] for times in took[key]) for key in (False, True)
        )
        ratio = with_metrics / without
        kept &= ratio <= most
        sys.stdout.write(
            f"  {what:<36} {without * 1000:.2f} ms without, {with_metrics * 1000:.2f} ms with: {ratio:.3f}\n"
        )
    sys.stdout.write(f"{'✓ kept' if kept else '✗ not kept'}: at most {most:.2f} times as long\n")
    return kept


def _tickets(count: int) -> list[UUID]:
    from orders_service.orders.models import TicketReplica
    from shared_events.ids import uuid7

    made = [
        TicketReplica(id=uuid7(), title="Bench", price="10.00", currency="USD", seller_id=uuid7(), version=1)
        for _ in range(count)
    ]
    TicketReplica.objects.bulk_create(made)
    return [ticket.id for ticket in made]


def _hold(ticket_id: UUID) -> tuple[float, float]:
    """Hold a ticket by a request; return the elapsed and the processor's seconds."""
    from django.test import Client

    client = Client(headers={"Authorization": "Bearer any"})
    body = {"ticketId": str(ticket_id)}
    with _signed_in():
        began, worked = time.perf_counter(), time.process_time()
        answer = client.post("/api/orders", body, content_type="application/json", SERVER_NAME="127.0.0.1")
        spent = time.perf_counter() - began, time.process_time() - worked
    assert answer.status_code == 201, answer.content
    return spent


@contextmanager
def _signed_in() -> Iterator[None]:
    """Take any token for that of a new buyer: only auth can issue one."""
    from service_defaults import tokens
    from shared_events.ids import uuid7

    now = datetime.now(UTC)
    claims = tokens.Claims(
        sub=uuid7(), sid=uuid7(), is_staff=False, iat=now, exp=now + timedelta(minutes=5), role=""
    )
    with mock.patch.object(tokens, "verify", return_value=claims):
        yield


@contextmanager
def _counting(*, enabled: bool) -> Iterator[None]:
    """Have metrics count, or do nothing."""
    if enabled:
        yield
        return
    from prometheus_client import metrics

    def nothing(self: Any, *values: Any) -> Any:
        return self

    with (
        mock.patch.object(metrics.MetricWrapperBase, "labels", nothing),
        mock.patch.object(metrics.Counter, "inc", nothing),
        mock.patch.object(metrics.Histogram, "observe", nothing),
    ):
        yield


if __name__ == "__main__":
    main()
