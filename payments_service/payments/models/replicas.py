"""The replica of an order, which orders owns."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from contracts.order import OrderState
from shared_events.envelope import Envelope


class OrderStatus(models.TextChoices):
    """An order's status, by the last event applied."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting:payment"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


class OrderReplica(models.Model):
    """An order: what is to be paid, by whom and until when.

    Its row is the lock of everything about the order's money: writing a payment's result, or the order's end,
    locks it first. `position` is that of the last event applied, in the order stream.
    """

    id = models.UUIDField(primary_key=True)
    buyer = models.UUIDField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=16, choices=OrderStatus)
    payment_id = models.UUIDField(null=True)
    #: As orders gives it: one that payments doesn't use, too.
    cancel_reason = models.TextField(blank=True)
    position = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "order replicas"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_copy_amount_positive")
        ]

    def __str__(self) -> str:
        return str(self.id)

    def apply(self, event: Envelope[Any]) -> bool:
        """Apply an order event, unless the replica is newer; return whether it was applied."""
        if event.position <= self.position:
            return False
        state: OrderState = event.data
        self.buyer, self.expires_at, self.status = state.user_id, state.expires_at, state.status
        self.amount, self.currency = state.ticket.price, state.ticket.currency
        self.payment_id = getattr(state, "payment_id", None)
        self.cancel_reason = getattr(state, "cancel_reason", "")
        self.position = event.position
        return True

    @property
    def is_cancelled(self) -> bool:
        """Whether the hold or the sale has ended."""
        return self.status == OrderStatus.CANCELLED

    @property
    def is_open(self) -> bool:
        """Whether the hold is neither paid nor ended."""
        return self.status in (OrderStatus.CREATED, OrderStatus.AWAITING_PAYMENT)

    def is_paid_by(self, payment_id: UUID) -> bool:
        """Whether it was completed with this payment."""
        return self.status == OrderStatus.COMPLETE and self.payment_id == payment_id

    def has_lapsed(self, now: datetime) -> bool:
        """Whether the hold's time is over by this replica; whether the hold has ended is orders' decision."""
        return self.expires_at <= now


#: What `apply` may change: every field but the id.
REPLICATED_FIELDS = [
    field.name
    for field in OrderReplica._meta.concrete_fields  # noqa: SLF001  documented by Django
    if not field.primary_key
]
