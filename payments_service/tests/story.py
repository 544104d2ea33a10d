"""What happens around payments in the tests: orders' events, the relay's and worker's work, and time."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from contracts.order import HeldTicket, OrderCancelled, OrderCompleted, OrderCreated, OrderState
from contracts.payment import PaymentState
from payments_service.payments import operations, tasks
from payments_service.payments.models import Payment
from payments_service.payments.operations import Lease
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.models import OutgoingCommand
from shared_events.testing import deliver, recorded_events

_positions = count(1)


@dataclass
class PlacedOrder:
    """An order, and the events of it that were delivered to payments."""

    buyer: UUID
    price: Decimal = Decimal("19.99")
    minutes: float = 15
    id: UUID = field(default_factory=uuid7)
    delivered: list[RawEnvelope] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._deliver(OrderCreated)

    def complete(self, payment: Payment) -> None:
        self._deliver(OrderCompleted, payment_id=payment.id)

    def cancel(self, reason: str = "expired") -> None:
        self._deliver(OrderCancelled, cancel_reason=reason, payment_id=None)

    def body(self, token: str = "pm_card_visa") -> dict[str, str]:
        return {"orderId": str(self.id), "token": token}

    def payment(self) -> Payment:
        """Return the order's latest payment, freshly read."""
        latest = Payment.objects.filter(order_id=self.id).order_by("id").last()
        assert latest is not None
        return latest

    def _deliver(self, event: type[OrderState], **state: Any) -> None:
        ticket = HeldTicket(id=uuid7(), title="Front row", price=self.price, currency="USD", version=1)
        expires_at = timezone.now() + timedelta(minutes=self.minutes)
        data = event(
            user_id=self.buyer,
            expires_at=expires_at,
            extended=False,
            created_at=timezone.now(),
            ticket=ticket,
            **state,
        )
        self.delivered.append(deliver(data, aggregate_id=self.id, position=next(_positions)))


def begin_attempt(order: PlacedOrder) -> Lease:
    """Go as far as a buyer's request that has not called Stripe yet."""
    with transaction.atomic():
        return operations.start_payment(
            order_id=order.id, buyer=order.buyer, in_browser=False, now=timezone.now()
        )


def request_part_refund(order: PlacedOrder, amount: Decimal) -> None:
    """Have an operator, who sees the payment as it is, refund a part of it."""
    payment = order.payment()
    with transaction.atomic():
        operations.request_refund(
            payment_id=payment.id,
            reason="No view",
            now=timezone.now(),
            amount=amount,
            version=payment.version,
        )


def run_commands() -> None:
    """Do what relay and worker do: run each command that was scheduled."""
    while (command := OutgoingCommand.objects.order_by("id").first()) is not None:
        command.delete()
        getattr(tasks, command.task.partition(".")[2])(**command.kwargs)


def let_time_pass() -> None:
    """Let an hour pass: every due time and lease is over, and the commands scheduled so far are lost."""
    OutgoingCommand.objects.all().delete()
    hour = timedelta(hours=1)
    times = ("created_at", "last_progress_at", "due_at", "leased_until")
    Payment.objects.update(**{time: F(time) - hour for time in times})


def sweep() -> None:
    """Run the sweep, and the commands that it schedules."""
    tasks.settle_due_payments()
    run_commands()


def recorded() -> list[str]:
    """Return the statuses of the payment events recorded so far."""
    return [event.status for event in recorded_events() if isinstance(event, PaymentState)]
