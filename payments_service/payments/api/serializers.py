"""The shapes that clients send and get. Names are camelCase and fixed."""

from typing import Any

from rest_framework import serializers

from payments_service.payments.models import Payment, Status


def _always(message: str) -> dict[str, Any]:
    return dict.fromkeys(("required", "null", "blank", "invalid"), message)


class OpenIntentInput(serializers.Serializer[Any]):
    """Which order to pay. An id that isn't one is simply unknown, so it is taken as text."""

    orderId = serializers.CharField(  # noqa: N815  the contract's name
        max_length=64, error_messages=_always("OrderId must be provided")
    )


class PayOrderInput(OpenIntentInput):
    """Which order to pay, and with what. Never a card number: only Stripe may see one."""

    token = serializers.RegexField(
        r"^(tok|pm)_[A-Za-z0-9_]{1,250}\Z",
        error_messages=_always("Token must be a Stripe card token or payment method"),
    )


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
        """Stripe's code and words."""
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
    """What Stripe's script on a page needs."""

    id = serializers.UUIDField()
    clientSecret = serializers.CharField(source="client_secret")  # noqa: N815
    publishableKey = serializers.SerializerMethodField()  # noqa: N815
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    currency = serializers.CharField()

    def get_publishableKey(self, payment: Payment) -> str:  # noqa: N802
        """The key by which Stripe knows us in a browser."""
        key: str = self.context["publishable_key"]
        return key
