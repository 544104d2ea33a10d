"""The shapes that clients send and get. Names are camelCase and fixed."""

from typing import Any

from rest_framework import serializers

from payments_service.payments.models import Payment, Status
from payments_service.providers import get_provider


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
