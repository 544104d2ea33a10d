"""The shapes that clients send and get. Names are camelCase and fixed."""

from typing import Any

from rest_framework import serializers

from orders_service.orders.models import Order, Status


class PlaceOrderInput(serializers.Serializer[Any]):
    """What placing an order takes. An id that isn't one is simply unknown, so it is taken as text."""

    ticketId = serializers.CharField(  # noqa: N815  the contract's name
        max_length=64,
        error_messages=dict.fromkeys(("required", "null", "blank", "invalid"), "TicketId must be provided"),
    )


class HoldTermsOutput(serializers.Serializer[Any]):
    """What holding a ticket means."""

    holdSeconds = serializers.IntegerField(help_text="How long a new hold lasts")  # noqa: N815


class HeldTicketOutput(serializers.Serializer[Any]):
    """The ticket as it was when held."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    price = serializers.DecimalField(max_digits=10, decimal_places=2)
    currency = serializers.CharField()
    version = serializers.IntegerField()


class OrderOutput(serializers.Serializer[Any]):
    """An order."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["created", "awaiting:payment", "complete", "cancelled"])
    expiresAt = serializers.DateTimeField(source="expires_at")  # noqa: N815
    extended = serializers.BooleanField()
    extensionSeconds = serializers.IntegerField(  # noqa: N815
        source="extension_seconds",
        help_text="By how much the hold can be extended; 0 where it can't be, or not any more",
    )
    userId = serializers.UUIDField(source="user_id")  # noqa: N815
    version = serializers.IntegerField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    cancelReason = serializers.CharField(source="cancel_reason", required=False)  # noqa: N815
    ticket = HeldTicketOutput()

    def to_representation(self, instance: Order) -> dict[str, Any]:
        """`cancelReason` is there for a cancelled order only."""
        shown: dict[str, Any] = super().to_representation(instance)
        if not instance.cancel_reason:
            del shown["cancelReason"]
        return shown


class HistoryEntryOutput(serializers.Serializer[Any]):
    """Something that happened to an order."""

    type = serializers.CharField(help_text="The event's type, such as `order.extended`")
    at = serializers.DateTimeField()


class OrderWithHistoryOutput(OrderOutput):
    """An order, with what happened to it."""

    history = HistoryEntryOutput(many=True, help_text="Oldest first")


class StaffOrderOutput(OrderOutput):
    """An order as staff see it."""

    currentPaymentId = serializers.UUIDField(  # noqa: N815
        source="current_payment_id", allow_null=True, help_text="The attempt to pay that is under way"
    )
    paymentId = serializers.UUIDField(  # noqa: N815
        source="payment_id", allow_null=True, help_text="The payment that completed it"
    )
    updatedAt = serializers.DateTimeField(source="updated_at")  # noqa: N815


class StaffOrderWithHistoryOutput(StaffOrderOutput):
    """An order as staff see it, with what happened to it."""

    history = HistoryEntryOutput(many=True, help_text="Oldest first")


class StaffOrderFilterInput(serializers.Serializer[Any]):
    """The query of the list of everybody's orders."""

    buyer = serializers.UUIDField(required=False)
    ticket = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=Status.values, required=False)
