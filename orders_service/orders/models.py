"""Holds and orders, and this service's replica of the listings."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from contracts.order import CancelReason, HeldTicket, OrderState
from contracts.ticket import TicketState
from shared_events.envelope import Envelope
from shared_events.ids import uuid7


class Status(models.TextChoices):
    """Where an order stands. A cancelled order never changes again."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting:payment"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


#: How much a buyer may add to a hold, once.
EXTENSION = timedelta(minutes=5)

#: Held and not paid: it may still be paid, cancelled or expire.
OPEN = (Status.CREATED, Status.AWAITING_PAYMENT)


#: Instead of a position: the row was made anew from its own events, and the log says what it has had.
POSITION_UNKNOWN = -1


class Order(models.Model):
    """One buyer's claim on one ticket: a hold until `expires_at`, then paid or released.

    The ticket's title and price are the copy as it was when held. `current_payment_id` is the attempt under
    way, `payment_id` the payment that completed the order.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    status = models.CharField(max_length=16, choices=Status, default=Status.CREATED)
    expires_at = models.DateTimeField()
    extended = models.BooleanField(default=False)
    ticket_id = models.UUIDField()
    ticket_title = models.CharField(max_length=200)
    ticket_price = models.DecimalField(max_digits=10, decimal_places=2)
    ticket_currency = models.CharField(max_length=3)
    ticket_version = models.PositiveIntegerField()
    current_payment_id = models.UUIDField(null=True)
    payment_id = models.UUIDField(null=True)
    #: The position of the last payment event that changed `current_payment_id`: an older one, redriven, is
    #: skipped.
    last_payment_position = models.BigIntegerField(default=0)
    cancel_reason = models.CharField(max_length=16, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket_id"], condition=~Q(status="cancelled"), name="one_live_order_per_ticket"
            ),
            models.CheckConstraint(
                condition=Q(status="complete", payment_id__isnull=False) | ~Q(status="complete"),
                name="complete_names_its_payment",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled") ^ Q(cancel_reason=""), name="cancelled_says_why"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="hold_has_a_length"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["created", "awaiting:payment"]),
                name="open_orders_by_deadline",
            ),
            models.Index(fields=["user_id", "-id"], name="orders_of_a_user"),
            models.Index(fields=["ticket_id", "-id"], name="orders_of_a_ticket"),
            models.Index(
                fields=["payment_id"], condition=Q(payment_id__isnull=False), name="orders_by_payment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_title} ({self.status})"

    @property
    def ticket(self) -> HeldTicket:
        """The ticket as it was when held: each of its fields is a column `ticket_…`."""
        return HeldTicket(**{name: getattr(self, f"ticket_{name}") for name in HeldTicket.__struct_fields__})

    def freeze_ticket(self, ticket: "HeldTicket | TicketReplica") -> None:
        """Store the ticket as it is now."""
        for name in HeldTicket.__struct_fields__:
            setattr(self, f"ticket_{name}", getattr(ticket, name))

    @property
    def is_open(self) -> bool:
        """Whether the hold lives and isn't paid."""
        return self.status in OPEN

    @property
    def extension_seconds(self) -> int:
        """How much the buyer may add to the hold: nothing where it was extended before or isn't open."""
        return int(EXTENSION.total_seconds()) if self.is_open and not self.extended else 0

    def is_due(self, now: datetime) -> bool:
        """Whether the hold may expire."""
        return self.is_open and self.expires_at <= now

    def pay_with(self, payment_id: UUID, position: int) -> None:
        """Note the attempt under way."""
        self.status, self.current_payment_id, self.last_payment_position = (
            Status.AWAITING_PAYMENT,
            payment_id,
            position,
        )

    def reopen(self, position: int) -> None:
        """Go back to waiting for an attempt."""
        self.status, self.current_payment_id, self.last_payment_position = Status.CREATED, None, position

    def complete(self, payment_id: UUID) -> None:
        """The hold ends paid."""
        self.status, self.payment_id, self.current_payment_id = Status.COMPLETE, payment_id, None

    def rebuild(self, event: Envelope[OrderState]) -> None:
        """Become what an event of its own says that it is."""
        state = event.data
        self.version, self.status = event.version, Status(state.status)
        self.user_id, self.created_at = state.user_id, state.created_at
        self.expires_at, self.extended = state.expires_at, state.extended
        self.freeze_ticket(state.ticket)
        self.current_payment_id = getattr(state, "current_payment_id", None)
        self.payment_id = getattr(state, "payment_id", None)
        self.cancel_reason = getattr(state, "cancel_reason", "")
        self.last_payment_position = POSITION_UNKNOWN

    def cancel(self, reason: CancelReason) -> None:
        """The hold, or the sale, ends released."""
        self.status, self.cancel_reason, self.current_payment_id = Status.CANCELLED, reason, None


class TicketReplica(models.Model):
    """A listing as tickets last published it. A new field has a field's name of the event: see `of`."""

    id = models.UUIDField(primary_key=True)
    seller_id = models.UUIDField()
    title = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3)
    version = models.PositiveIntegerField()
    withdrawn = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "ticket replicas"

    def __str__(self) -> str:
        return self.title

    @classmethod
    def of(cls, event: Envelope[TicketState]) -> Self:
        """Return the replica that a ticket event leads to. It isn't saved.

        A field that isn't named here is the event's field of the same name.
        """
        values: dict[str, Any] = {
            "id": event.aggregate_id,
            "version": event.version,
            "seller_id": event.data.user_id,
            "withdrawn": event.data.status == "withdrawn",
        }
        names = [field.name for field in cls._meta.concrete_fields if field.name not in values]
        return cls(**values, **{name: getattr(event.data, name) for name in names})
