"""Stripe as a payment provider: PaymentIntents with manual capture, short time-outs, and our own errors."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import stripe
from django.conf import settings
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from payments_service.payments.models import Failure, Intent, IntentState
from payments_service.providers import (
    InvalidSignature,
    PaymentProvider,
    ProviderDeclined,
    ProviderRecord,
    ProviderRefused,
    ProviderUnavailable,
    Webhook,
)
from service_defaults.transactions import require_no_transaction

logger = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)

NAME = "Stripe"
#: Seconds. A buyer waits for these calls, and so does a worker's slot.
CONNECT_TIMEOUT, READ_TIMEOUT = 2, 10
#: One, for a connection that was closed between two requests; safe, since every change carries a key.
RETRIES = 1
#: Intents per page of a list; Stripe's own limit.
PAGE = 100
#: How old, in seconds, a webhook's signature may be.
WEBHOOK_TOLERANCE = 300

#: Has an intent's answer say which card it has, too.
_WITH_CARD: Any = {"expand": ["payment_method"]}

_STATES = {
    "requires_payment_method": IntentState.UNPAID,
    "requires_confirmation": IntentState.UNCONFIRMED,
    "requires_action": IntentState.CHALLENGED,
    "processing": IntentState.PROCESSING,
    "requires_capture": IntentState.AUTHORIZED,
    "succeeded": IntentState.CAPTURED,
    "canceled": IntentState.CANCELED,
}

Answer = TypeVar("Answer")


class StripeUnavailable(ProviderUnavailable):
    """Stripe can't be reached at the moment. Please try again."""


class Stripe(PaymentProvider):
    """The account of `STRIPE_API_KEY`."""

    name = NAME
    card_pattern = r"^(tok|pm)_[A-Za-z0-9_]{1,250}\Z"
    card_rule = "Token must be a Stripe card token or payment method"

    @property
    def publishable_key(self) -> str:
        """Stripe's public key (`pk_…`)."""
        key: str = settings.STRIPE_PUBLISHABLE_KEY
        return key

    def create_intent(
        self, *, amount: Decimal, currency: str, card: str | None, payment_id: UUID, order_id: UUID, key: str
    ) -> Intent:
        """Make an intent. `card` is a card token (`tok_…`) or a payment method's id (`pm_…`)."""
        params: Any = {
            "amount": int(amount * 100),
            "currency": currency.lower(),
            "capture_method": "manual",
            "payment_method_types": ["card"],
            "metadata": {"payment_id": str(payment_id), "order_id": str(order_id)},
            **_card_params(card),
            **_WITH_CARD,
        }
        options: Any = {"idempotency_key": key}
        return _intent(
            _call("payment_intents.create", lambda client: client.v1.payment_intents.create(params, options))
        )

    def confirm_intent(self, intent_id: str, *, return_url: str, key: str) -> Intent:
        """Have the amount authorised."""
        params: Any = {"return_url": return_url, **_WITH_CARD}
        options: Any = {"idempotency_key": key}
        return _intent(
            _call(
                "payment_intents.confirm",
                lambda client: client.v1.payment_intents.confirm(intent_id, params, options),
            )
        )

    def capture_intent(self, intent_id: str, *, key: str) -> Intent:
        """Capture the authorised amount."""
        options: Any = {"idempotency_key": key}
        return _intent(
            _call(
                "payment_intents.capture",
                lambda client: client.v1.payment_intents.capture(intent_id, _WITH_CARD, options),
            )
        )

    def cancel_intent(self, intent_id: str, *, key: str) -> Intent:
        """Cancel an intent of which nothing was captured."""
        options: Any = {"idempotency_key": key}
        return _intent(
            _call(
                "payment_intents.cancel",
                lambda client: client.v1.payment_intents.cancel(intent_id, _WITH_CARD, options),
            )
        )

    def refund_intent(self, intent_id: str, *, amount: Decimal | None = None, key: str) -> Intent:
        """Refund this much of what was captured, or all that is left of it."""
        params: Any = {"payment_intent": intent_id}
        if amount is not None:
            params["amount"] = int(amount * 100)
        _call("refunds.create", lambda client: client.v1.refunds.create(params, {"idempotency_key": key}))
        return self.fetch_intent(intent_id)

    def fetch_intent(self, intent_id: str) -> Intent:
        """Return the intent as it is now."""
        params: Any = {"expand": ["latest_charge.refunds", "payment_method"]}
        try:
            return _intent(
                _call(
                    "payment_intents.retrieve",
                    lambda client: client.v1.payment_intents.retrieve(intent_id, params),
                )
            )
        except ProviderRefused as refusal:
            # Another account's key, or a test account that was reset: where the money is can't be found out.
            logger.error("Stripe doesn't know our intent %s: %s", intent_id, refusal)
            raise StripeUnavailable from refusal

    def fetch_record(self, intent_id: str) -> ProviderRecord | None:
        """Return Stripe's record of an intent, None for an unknown one."""
        params: Any = {"expand": ["latest_charge"]}
        try:
            return _record(
                _call(
                    "payment_intents.retrieve",
                    lambda client: client.v1.payment_intents.retrieve(intent_id, params),
                )
            )
        except ProviderRefused:
            return None

    def list_records(self, *, since: datetime, until: datetime) -> Iterator[ProviderRecord]:
        """Yield the records of the intents that were made in a time, requesting them page by page."""
        params: Any = {
            "created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())},
            "limit": PAGE,
            "expand": ["data.latest_charge"],
        }
        page = None
        while page is None or page.has_more:
            page = _call("payment_intents.list", lambda client: client.v1.payment_intents.list(params))
            yield from (_record(intent) for intent in page.data)
            if page.data:
                params["starting_after"] = page.data[-1].id

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Webhook:
        """Return which intent an event is about. The signature covers the raw body."""
        signature = headers.get("Stripe-Signature", "")
        try:
            stripe.WebhookSignature.verify_header(
                body, signature, settings.STRIPE_WEBHOOK_SECRET, WEBHOOK_TOLERANCE
            )
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
            raise InvalidSignature("The signature is not Stripe's") from error
        event = json.loads(body)
        about = event["data"]["object"]
        intent_id = about["id"] if about.get("object") == "payment_intent" else about.get("payment_intent")
        return Webhook(id=event["id"], type=event["type"], intent_id=intent_id or "")


def _call(name: str, call: Callable[[stripe.StripeClient], Answer]) -> Answer:
    require_no_transaction("A payment provider")
    try:
        with _tracer.start_as_current_span(f"Stripe {name}", kind=SpanKind.CLIENT):
            return call(_client())
    except stripe.CardError as error:
        raise ProviderDeclined(_failure(error)) from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        raise ProviderRefused(_failure(error)) from error
    except stripe.StripeError as error:
        # Our key may be wrong, or Stripe may be down: either way the call's effect is unknown.
        logger.warning("Stripe gave no answer: %s: %s", type(error).__name__, error)
        raise StripeUnavailable from error


@cache
def _client() -> stripe.StripeClient:
    stripe.enable_telemetry = False
    base: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else None
    return stripe.StripeClient(
        settings.STRIPE_API_KEY,
        base_addresses=base,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=(CONNECT_TIMEOUT, READ_TIMEOUT)),
    )


def _card_params(card: str | None) -> dict[str, Any]:
    if card is None:
        return {}
    if card.startswith("tok_"):
        return {"payment_method_data": {"type": "card", "card": {"token": card}}}
    return {"payment_method": card}


def _intent(answer: stripe.PaymentIntent) -> Intent:
    raw = answer.to_dict()
    state, charge, error = _STATES[raw["status"]], raw.get("latest_charge"), raw.get("last_payment_error")
    if state is IntentState.CAPTURED and isinstance(charge, dict) and charge.get("refunded"):
        state = IntentState.REFUNDED
    return Intent(
        id=raw["id"],
        provider=NAME,
        state=state,
        client_secret=raw["client_secret"],
        failure=_failure_of(error) if error else _failed_refund(state, charge),
        next_action_url=_next_action_url(raw.get("next_action")),
        card_last4=_last4(raw),
        refunded=_refunded(raw),
    )


def _record(answer: stripe.PaymentIntent) -> ProviderRecord:
    raw = answer.to_dict()
    return ProviderRecord(
        intent_id=raw["id"],
        payment_id=(raw.get("metadata") or {}).get("payment_id", ""),
        held=_amount(raw["amount_capturable"]),
        taken=_amount(raw["amount_received"]) - _refunded(raw),
        currency=raw["currency"].upper(),
        created=datetime.fromtimestamp(raw["created"], UTC),
    )


def _amount(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


def _refunded(intent: dict[str, Any]) -> Decimal:
    # A charge that is released without having been captured counts as refunded, too.
    charge = intent.get("latest_charge")
    if not isinstance(charge, dict) or not intent["amount_received"]:
        return Decimal(0)
    return _amount(charge["amount_refunded"])


def _failed_refund(state: IntentState, charge: Any) -> Failure | None:
    if state is not IntentState.CAPTURED or not isinstance(charge, dict):
        return None
    for refund in (charge.get("refunds") or {}).get("data", []):
        if refund.get("status") == "failed":
            reason = str(refund.get("failure_reason") or "unknown")
            return Failure(code="refund_failed", message=f"The refund failed: {reason.replace('_', ' ')}.")
    return None


def _next_action_url(action: dict[str, Any] | None) -> str:
    # Any other kind of action needs Stripe's script.
    redirect = (action or {}).get("redirect_to_url") or {}
    return str(redirect.get("url") or "")


def _last4(intent: dict[str, Any]) -> str:
    # After a refusal the intent has no card any more, but its error has.
    method = intent.get("payment_method") or (intent.get("last_payment_error") or {}).get("payment_method")
    card = method.get("card") if isinstance(method, dict) else None
    return str((card or {}).get("last4") or "")


def _failure(error: stripe.StripeError) -> Failure:
    body = error.json_body if isinstance(error.json_body, dict) else {}
    return _failure_of({"code": error.code, "message": error.user_message, **(body.get("error") or {})})


def _failure_of(error: dict[str, Any]) -> Failure:
    # A decline's own code ("insufficient_funds") is more precise than the general one ("card_declined").
    code = error.get("decline_code") or error.get("code") or "refused"
    return Failure(code=code, message=error.get("message") or "The payment was refused.")
