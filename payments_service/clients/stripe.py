"""The one door to Stripe: a handful of typed calls, short time-outs, and errors in our own words.

Every call refuses to run inside a transaction: nothing slow or remote may happen while rows are locked.
Every call that changes something takes the caller's idempotency key, so that repeating it after a lost answer
can't charge twice.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import stripe
from django.conf import settings
from django.db import connection

from payments_service.payments.models import Failure, Intent, IntentState
from service_defaults import errors

logger = logging.getLogger(__name__)

#: Seconds. A buyer waits for these calls, and so does a worker's slot.
CONNECT_TIMEOUT, READ_TIMEOUT = 2, 10
#: One, and only because every call carries a key: it hides a connection that died between two requests.
RETRIES = 1
#: Intents per page of a list; Stripe gives no more.
PAGE = 100
#: How old, in seconds, a webhook's signature may be.
WEBHOOK_TOLERANCE = 300

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


class StripeUnavailable(errors.Unavailable):
    """Stripe can't be reached at the moment. Please try again."""


class StripeRefused(Exception):
    """Stripe has plainly said no: asking the same again is useless. `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(f"{failure.code}: {failure.message}")


class StripeDeclined(StripeRefused):
    """The no is the bank's, about the card."""


class InvalidSignature(errors.BusinessRuleViolation):
    """The signature is not Stripe's."""


@dataclass(frozen=True, kw_only=True)
class ProviderRecord:
    """What Stripe's records say of an intent's money; `payment_id` is what we wrote on it, if we did."""

    intent_id: str
    payment_id: str
    held: Decimal
    taken: Decimal
    currency: str
    created: datetime


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """What a webhook is about. Its content counts for nothing: it may be old."""

    id: str
    type: str
    intent_id: str


def create_intent(
    *, amount: Decimal, currency: str, card: str | None, payment_id: UUID, order_id: UUID, key: str
) -> Intent:
    """Make an intent that moves no money yet: unconfirmed, and to be captured by us.

    `card` is a card token (`tok_…`) or a payment method's id (`pm_…`); None leaves it to the buyer's browser.
    Raises StripeDeclined, StripeRefused where the card is none, StripeUnavailable.
    """
    params: Any = {
        "amount": int(amount * 100),
        "currency": currency.lower(),
        "capture_method": "manual",
        "payment_method_types": ["card"],
        "metadata": {"payment_id": str(payment_id), "order_id": str(order_id)},
        **_card_params(card),
    }
    return _intent(_call(lambda client: client.v1.payment_intents.create(params, {"idempotency_key": key})))


def confirm_intent(intent_id: str, *, return_url: str, key: str) -> Intent:
    """Ask the buyer's bank for the money; where it asks back, it sends the buyer to `return_url` afterwards.

    Raises StripeDeclined, StripeRefused, StripeUnavailable.
    """
    params: Any = {"return_url": return_url}
    return _intent(
        _call(lambda client: client.v1.payment_intents.confirm(intent_id, params, {"idempotency_key": key}))
    )


def capture_intent(intent_id: str, *, key: str) -> Intent:
    """Take what is reserved. Raises StripeRefused, StripeUnavailable."""
    return _intent(
        _call(lambda client: client.v1.payment_intents.capture(intent_id, options={"idempotency_key": key}))
    )


def cancel_intent(intent_id: str, *, key: str) -> Intent:
    """End an intent that has taken nothing; what is reserved is free again. Raises as `capture_intent`."""
    return _intent(
        _call(lambda client: client.v1.payment_intents.cancel(intent_id, options={"idempotency_key": key}))
    )


def refund_intent(intent_id: str, *, key: str) -> Intent:
    """Give back all that was taken. Raises as `capture_intent`."""
    params: Any = {"payment_intent": intent_id}
    _call(lambda client: client.v1.refunds.create(params, {"idempotency_key": key}))
    return fetch_intent(intent_id)


def fetch_intent(intent_id: str) -> Intent:
    """Return the intent's present state. Raises StripeUnavailable, also for an intent unknown to Stripe."""
    params: Any = {"expand": ["latest_charge.refunds"]}
    try:
        return _intent(_call(lambda client: client.v1.payment_intents.retrieve(intent_id, params)))
    except StripeRefused as refusal:
        # Another account's key, or a test account that was reset: nobody can tell what became of the money.
        logger.error("Stripe doesn't know our intent %s: %s", intent_id, refusal)
        raise StripeUnavailable from refusal


def list_provider_records(*, since: datetime, until: datetime) -> Iterator[ProviderRecord]:
    """Yield Stripe's records on the intents that it made in a time, newest first, asking page by page.

    Raises StripeUnavailable, at any page.
    """
    params: Any = {
        "created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())},
        "limit": PAGE,
        "expand": ["data.latest_charge"],
    }
    page = None
    while page is None or page.has_more:
        page = _call(lambda client: client.v1.payment_intents.list(params))
        yield from (_booked(intent) for intent in page.data)
        if page.data:
            params["starting_after"] = page.data[-1].id


def fetch_provider_record(intent_id: str) -> ProviderRecord | None:
    """Return Stripe's records on an intent, None for one unknown to Stripe. Raises StripeUnavailable."""
    params: Any = {"expand": ["latest_charge"]}
    try:
        return _booked(_call(lambda client: client.v1.payment_intents.retrieve(intent_id, params)))
    except StripeRefused:
        return None


def read_webhook(body: bytes, signature: str) -> Webhook:
    """Return what Stripe tells by this request's raw body. Raises InvalidSignature."""
    try:
        stripe.WebhookSignature.verify_header(
            body, signature, settings.STRIPE_WEBHOOK_SECRET, WEBHOOK_TOLERANCE
        )
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise InvalidSignature from error
    event = json.loads(body)
    about = event["data"]["object"]
    intent_id = about["id"] if about.get("object") == "payment_intent" else about.get("payment_intent")
    return Webhook(id=event["id"], type=event["type"], intent_id=intent_id or "")


def _call(call: Callable[[stripe.StripeClient], Answer]) -> Answer:
    _require_no_transaction()
    try:
        return call(_client())
    except stripe.CardError as error:
        raise StripeDeclined(_failure(error)) from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        raise StripeRefused(_failure(error)) from error
    except stripe.StripeError as error:
        # Our key may be wrong, their side may be down: either way nothing is known about the call.
        logger.warning("Stripe gave no answer: %s: %s", type(error).__name__, error)
        raise StripeUnavailable from error


def _require_no_transaction() -> None:
    # The block that pytest-django wraps around a test doesn't count: production code never has it.
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("Stripe must not be called inside a transaction")


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
        state=state,
        client_secret=raw["client_secret"],
        failure=_words(error) if error else _refund_that_failed(state, charge),
        next_action_url=_page_to_act_on(raw.get("next_action")),
    )


def _booked(answer: stripe.PaymentIntent) -> ProviderRecord:
    raw = answer.to_dict()
    refunded = (raw.get("latest_charge") or {}).get("amount_refunded", 0)
    return ProviderRecord(
        intent_id=raw["id"],
        payment_id=(raw.get("metadata") or {}).get("payment_id", ""),
        held=_amount(raw["amount_capturable"]),
        taken=_amount(raw["amount_received"] - (refunded if raw["amount_received"] else 0)),
        currency=raw["currency"].upper(),
        created=datetime.fromtimestamp(raw["created"], UTC),
    )


def _amount(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


def _refund_that_failed(state: IntentState, charge: Any) -> Failure | None:
    if state is not IntentState.CAPTURED or not isinstance(charge, dict):
        return None
    for refund in (charge.get("refunds") or {}).get("data", []):
        if refund.get("status") == "failed":
            reason = str(refund.get("failure_reason") or "unknown")
            return Failure(code="refund_failed", message=f"The refund failed: {reason.replace('_', ' ')}.")
    return None


def _page_to_act_on(action: dict[str, Any] | None) -> str:
    # Any other kind of action is for Stripe's script.
    redirect = (action or {}).get("redirect_to_url") or {}
    return str(redirect.get("url") or "")


def _failure(error: stripe.StripeError) -> Failure:
    body = error.json_body if isinstance(error.json_body, dict) else {}
    return _words({"code": error.code, "message": error.user_message, **(body.get("error") or {})})


def _words(error: dict[str, Any]) -> Failure:
    # A decline's own code ("insufficient_funds") says more than the general one ("card_declined").
    code = error.get("decline_code") or error.get("code") or "refused"
    return Failure(code=code, message=error.get("message") or "The payment was refused.")
