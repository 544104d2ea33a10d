"""The shapes that clients send and get. Names are camelCase and fixed."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from payments_service.payments.models import Movement, Payment, Status
from payments_service.providers import get_provider
from service_defaults.camel_case import CamelCaseSerializer
from service_defaults.staff_api import ReasonInput


def _always(message: str) -> dict[str, Any]:
    return dict.fromkeys(("required", "null", "blank", "invalid"), message)


class OpenIntentInput(serializers.Serializer[Any]):
    """Which order to pay. The id is read as text, so that one that isn't a UUID is answered as unknown."""

    orderId = serializers.CharField(  # noqa: N815  the contract's name
        max_length=64, error_messages=_always("OrderId must be provided")
    )


class PayOrderInput(OpenIntentInput):
    """Which order to pay, and the card's `token`. A card's number never comes here, only to the provider."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; which tokens there are depends on the provider."""
        provider = get_provider()
        token = serializers.RegexField(provider.card_pattern, error_messages=_always(provider.card_rule))
        return {**super().get_fields(), "token": token}


class PaymentOutput(serializers.Serializer[Any]):
    """A payment."""

    id = serializers.UUIDField()
    orderId = serializers.UUIDField(source="order_id")  # noqa: N815
    userId = serializers.UUIDField(source="buyer")  # noqa: N815
    status = serializers.ChoiceField(choices=Status.values)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()
    refunded = serializers.DecimalField(
        max_digits=12, decimal_places=2, help_text="How much of the amount has gone back"
    )
    reasonCode = serializers.CharField(  # noqa: N815
        source="reason_code",
        help_text="Why it ended as it did, for programs: empty where the status says it all",
    )
    reason = serializers.CharField(help_text="Why it ended as it did, for people")
    failure = serializers.SerializerMethodField(help_text="Why Stripe refused, where it did")
    clientSecret = serializers.CharField(  # noqa: N815
        source="client_secret", required=False, help_text="For Stripe's script, while it may have to act"
    )
    nextActionUrl = serializers.CharField(  # noqa: N815
        source="next_action_url",
        required=False,
        help_text="The bank's page for the buyer to confirm on, while it `requires_action`",
    )
    version = serializers.IntegerField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at")  # noqa: N815

    def get_failure(self, payment: Payment) -> dict[str, str] | None:
        """The provider's code and message."""
        failure = payment.failure
        return {"code": failure.code, "message": failure.message} if failure else None

    def to_representation(self, instance: Payment) -> dict[str, Any]:
        """What only the buyer's browser can act on is there only while it has something to do with it."""
        shown: dict[str, Any] = super().to_representation(instance)
        if not (instance.in_browser or instance.status == Status.REQUIRES_ACTION):
            del shown["clientSecret"]
        if instance.status != Status.REQUIRES_ACTION:
            del shown["nextActionUrl"]
        return shown


class IntentOutput(serializers.Serializer[Payment]):
    """What the provider's script on a page needs."""

    id = serializers.UUIDField()
    clientSecret = serializers.CharField(source="client_secret")  # noqa: N815
    publishableKey = serializers.SerializerMethodField()  # noqa: N815
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()

    def get_publishableKey(self, payment: Payment) -> str:  # noqa: N802
        """The provider's public key."""
        key: str = self.context["publishable_key"]
        return key


class StaffPaymentOutput(CamelCaseSerializer):
    """A payment as staff see it: without what only the buyer's browser may have."""

    id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    user_id = serializers.UUIDField(source="buyer")
    status = serializers.ChoiceField(choices=Status.values)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()
    refunded = serializers.DecimalField(
        max_digits=12, decimal_places=2, help_text="How much of the amount has gone back"
    )
    refund_goal = serializers.DecimalField(
        max_digits=12, decimal_places=2, help_text="How much should have, by the parts that staff requested"
    )
    reason_code = serializers.CharField()
    reason = serializers.CharField()
    failure_code = serializers.CharField(help_text="Why the provider last refused a card or a call")
    failure_message = serializers.CharField()
    in_browser = serializers.BooleanField()
    intent_id = serializers.CharField(allow_null=True, help_text="At the provider, such as `pi_…`")
    card_last4 = serializers.CharField(help_text="The last four digits of the card; empty where unknown")
    next_actor = serializers.CharField(help_text="Who has to act next; empty once it is settled")
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is synced next; null once it is settled"
    )
    last_progress_at = serializers.DateTimeField()
    refund_reason = serializers.CharField()
    refund_requested_at = serializers.DateTimeField(source="refund_asked_at", allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RefundInput(ReasonInput):
    """A refund: of all that is left, or of an `amount` of the payment in that `version`."""

    amount = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        required=False,
        help_text="A part, in the payment's currency; its sale stands. Without it, all that is left",
    )
    version = serializers.IntegerField(
        required=False,
        help_text="The payment's `version`, needed with an amount: it must not be refunded twice",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An amount needs the version."""
        if "amount" in attrs and "version" not in attrs:
            raise serializers.ValidationError(
                {"version": "An amount needs the version of the payment that you looked at."}
            )
        return attrs


class LedgerEntryOutput(CamelCaseSerializer):
    """A movement of a payment's money; amounts are signed."""

    movement = serializers.ChoiceField(choices=Movement.values)
    held = serializers.DecimalField(max_digits=12, decimal_places=2)
    taken = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class StaffPaymentWithEntriesOutput(StaffPaymentOutput):
    """A payment as staff see it, with what its money did."""

    order_status = serializers.CharField(source="order.status", help_text="As payments last heard of it")
    entries = LedgerEntryOutput(many=True, help_text="Oldest first")


class StaffPaymentFilterInput(serializers.Serializer[Any]):
    """The query of the list of everybody's payments."""

    order = serializers.UUIDField(required=False)
    buyer = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=Status.values, required=False)
    stuck = serializers.BooleanField(
        default=False, help_text="Only those with something left to do that nothing has moved for too long"
    )
