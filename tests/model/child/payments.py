"""What the parent may ask of payments."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, Sum

from payments_service.payments import operations, paying, tasks
from payments_service.payments.models import LedgerEntry, OrderReplica, Payment, lease_locks
from payments_service.payments.operations import attempts, due_payments, replicas
from payments_service.providers import stripe
from tests.model.child.pipe import Clock, Command, Pipe
from tests.model.child.stripe_client import RemoteClient
from tests.model.child.worker import receive

__all__ = ["GUARDS", "commands", "snapshot"]


def commands(pipe: Pipe, clock: Clock) -> dict[str, Command]:
    """Return the commands by name, with Stripe's client replaced by one that calls the parent's provider."""
    stripe._client = lambda: RemoteClient(pipe)  # type: ignore[assignment]
    # No other process runs here: an attempt that is leased stays leased, however long we wait.
    paying.time = SimpleNamespace(monotonic=count().__next__, sleep=lambda seconds: None)  # type: ignore[assignment]
    return {
        "pay_order": pay_order,
        "open_intent": open_intent,
        "refund": lambda **given: refund(now=clock(), **given),
        "receive_webhook": lambda **given: receive_webhook(now=clock(), **given),
        "sweep": tasks.settle_due_payments,
        operations.SETTLE_PAYMENT: tasks.settle_payment,
        "start_while_news_comes": lambda **given: start_while_news_comes(now=clock(), **given),
    }


def snapshot() -> dict[str, Any]:
    """Return every payment, what the ledger says of each, and the copies of the orders.

    A payment that was leased `has_holder` while the process that leased it last is there.
    """
    fields = (
        *("id", "order_id", "buyer", "amount", "status", "intent_id", "client_secret"),
        *("in_browser", "due_at", "leased_until", "lease", "last_progress_at", "refusals", "currency"),
        *("refunded", "refund_goal", "reason_code", "reason", "version", "created_at"),
    )
    payments = Payment.objects.order_by("id")
    without_holder = {payment.id for payment in lease_locks.without_holder(payments)}
    ledger = LedgerEntry.objects.values("payment_id").annotate(held=Sum("held"), taken=Sum("taken"))
    orders = OrderReplica.objects.values(
        "id", "buyer", "amount", "status", "payment_id", "expires_at", "cancel_reason"
    )
    return {
        "payments": {
            str(row["id"]): row | {"has_holder": row["id"] not in without_holder}
            for row in payments.values(*fields)
        },
        "ledger": {str(row["payment_id"]): row for row in ledger},
        "order_copies": {str(row["id"]): row for row in orders},
    }


def pay_order(*, order: str, buyer: str, card: str) -> str:
    """Pay with a card; return the payment's status."""
    return str(paying.pay_order(order_id=UUID(order), buyer=UUID(buyer), card=card).status)


def open_intent(*, order: str, buyer: str) -> str | None:
    """Begin to pay in the browser; return the intent's id."""
    return paying.open_intent(order_id=UUID(order), buyer=UUID(buyer)).intent_id


def refund(*, payment: str, part: str | None = None, version: int | None = None, now: datetime) -> None:
    """Have an operator give the money back, or a part of it."""
    with transaction.atomic():
        operations.request_refund(
            payment_id=UUID(payment),
            reason="an operator's",
            now=now,
            amount=Decimal(part) if part else None,
            version=version,
        )


def receive_webhook(*, now: datetime, **event: str) -> None:
    """Take a webhook, as the route does once its signature is checked."""
    with transaction.atomic():
        operations.receive_webhook(**event, now=now)


def start_while_news_comes(*, order: str, buyer: str, batch: dict[str, Any], now: datetime) -> str:
    """Begin an attempt and have a second worker take the batch before that transaction ends.

    The attempt's process gets no further than its first commit. Return the payment's id.
    """
    news = _Bystander(lambda: receive(**batch, poisoned=[]))
    real = attempts.set_status

    def set_status(*given: Any) -> None:
        real(*given)
        news.run_until_stuck()

    attempts.set_status = set_status
    try:
        with transaction.atomic():
            lease = operations.start_payment(
                order_id=UUID(order), buyer=UUID(buyer), in_browser=False, now=now
            )
        return str(lease.payment.id)
    finally:
        attempts.set_status = real
        news.finish()


class _Bystander:
    """Another worker's transaction, on a thread and connection of its own."""

    def __init__(self, do: Callable[[], object]) -> None:
        self._do, self._pid, self._error = do, 0, None
        self._thread = threading.Thread(target=self._run)

    def run_until_stuck(self) -> None:
        """Let it run until it is through or waits for a lock of ours."""
        self._thread.start()
        while self._thread.is_alive() and not self._is_stuck():
            time.sleep(0.001)

    def finish(self) -> None:
        """Wait until it is through. Raises what it raised."""
        if self._thread.ident is None:
            self._thread.start()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _is_stuck(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._pid])
            return bool(cursor.fetchone()[0])

    def _run(self) -> None:
        try:
            connection.ensure_connection()
            self._pid = connection.connection.info.backend_pid
            self._do()
        except Exception as error:
            self._error = error
        finally:
            connection.close()


def remove_order_lock() -> None:
    """Read the order's copy without locking it."""

    def lock_order(order_id: UUID) -> OrderReplica:
        order = OrderReplica.objects.filter(id=order_id).first()
        if order is None:
            raise operations.OrderNotFound
        return order

    attempts.lock_order = lock_order


def remove_attempt_key() -> None:
    """Make idempotency keys of the order, so that all its attempts share them."""
    Payment.attempt_key = lambda self, step: f"{self.order_id}:{step}"  # type: ignore[method-assign]


def remove_webhook_memory() -> None:
    """Handle every webhook as a new one."""

    def receive_again(*, event_id: str, type: str, intent_id: str, now: datetime) -> None:
        due_payments.settle_soon(Q(intent_id=intent_id), now)

    operations.receive_webhook = receive_again


def remove_order_news() -> None:
    """Handle every end of an order as a new one."""
    real = replicas.upsert_order_replicas

    def upsert_order_replicas(events: Iterable[Any]) -> list[Any]:
        applied = list(events)
        real(applied)
        return applied

    replicas.upsert_order_replicas = upsert_order_replicas


GUARDS = {
    "order_news": remove_order_news,
    "order_lock": remove_order_lock,
    "attempt_key": remove_attempt_key,
    "webhook_memory": remove_webhook_memory,
}
