"""Listings."""

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q

from contracts.ticket import TicketState
from shared_events.envelope import Envelope
from shared_events.ids import uuid7

CURRENCIES = [("USD", "US dollar"), ("EUR", "Euro"), ("GBP", "Pound sterling")]

#: The fields of a listing that every event of it carries, by the same name. Its status is the event's own.
PUBLISHED_FIELDS = tuple(name for name in TicketState.__struct_fields__ if name != "status")

#: Instead of a position: the row was made anew from its own events, and the log says what it has had.
POSITION_UNKNOWN = -1


class Ticket(models.Model):
    """One listing. With `order_id` it is held by that order or sold to it; withdrawn, it is gone for good."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    title = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, choices=CURRENCIES, default="USD")
    description = models.TextField(max_length=2000, blank=True)
    venue = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField(null=True)
    order_id = models.UUIDField(null=True)
    #: The position of the last order event that touched this row: an older one, redriven, is skipped.
    order_position = models.BigIntegerField(default=0)
    sold = models.BooleanField(default=False)
    withdrawn = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    search_words = models.GeneratedField(
        expression=SearchVector("title", "venue", "description", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(price__gt=0), name="price_above_zero"),
            models.CheckConstraint(condition=~Q(title=""), name="title_not_empty"),
            models.CheckConstraint(
                condition=Q(sold=False) | Q(order_id__isnull=False), name="sold_names_its_order"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn=False) | Q(order_id__isnull=True), name="withdrawn_is_not_held"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["-id"], condition=Q(order_id__isnull=True, withdrawn=False), name="the_shelf"
            ),
            models.Index(
                fields=["price", "id"],
                condition=Q(order_id__isnull=True, withdrawn=False),
                name="the_shelf_by_price",
            ),
            models.Index(
                fields=["starts_at", "id"],
                condition=Q(order_id__isnull=True, withdrawn=False),
                name="the_shelf_by_start",
            ),
            models.Index(fields=["user_id", "-id"], name="tickets_of_a_seller"),
            GinIndex(fields=["search_words"], name="ticket_words"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_reserved(self) -> bool:
        """Whether an order holds it or has bought it."""
        return self.order_id is not None

    @property
    def state(self) -> str:
        """Where it stands: `listed`, `held`, `sold` or `withdrawn`."""
        if self.withdrawn:
            return "withdrawn"
        return "sold" if self.sold else "held" if self.is_reserved else "listed"

    def hold(self, order_id: UUID, position: int) -> None:
        """Go off sale for an order."""
        self.order_id, self.order_position = order_id, position

    def sell(self, position: int) -> None:
        """The order that holds it is paid."""
        self.sold, self.order_position = True, position

    def release(self, position: int) -> None:
        """Go on sale again."""
        self.order_id, self.sold, self.order_position = None, False, position

    def rebuild(self, event: Envelope[TicketState]) -> None:
        """Become what an event of its own says that it is."""
        state = event.data
        for name in PUBLISHED_FIELDS:
            setattr(self, name, getattr(state, name))
        self.version = event.version
        self.sold, self.withdrawn = state.status == "sold", state.status == "withdrawn"
        is_reserved = state.status in ("reserved", "sold")
        self.order_id = getattr(state, "order_id", None) if is_reserved else None
        self.order_position, self.updated_at = POSITION_UNKNOWN, event.occurred_at
