"""The syncs to Stripe and back: the only place where our rows and Stripe's meet.

A sync is: lease the payment (a transaction), ask Stripe (none open), write what it said (a transaction).
Whatever dies in between leaves a payment that another may sync for at once (Note [A lease's lock]), and the
next sync begins by asking Stripe for the truth. The buyer's request and the worker's task take the same
syncs.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction

from contracts.payment import VoidReason
from payments_service.payments import operations, queries
from payments_service.payments.models import LIVE, Failure, Intent, IntentState, Payment, ProviderCall, Status
from payments_service.payments.operations import Lease, Reason, refused_card
from payments_service.providers import (
    ProviderDeclined,
    ProviderRefused,
    ProviderUnavailable,
    get_provider,
)
from service_defaults.clock import database_now
from service_defaults.errors import BusinessRuleViolation, DomainError
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.idempotency.store import Key

#: Walks that one command may take; the rest is left to the next one.
MAX_SYNC_STEPS = 5
#: How long a buyer waits for an attempt that is under way elsewhere, and how often we look. Seconds.
PATIENCE, LOOK_EVERY = 2.0, 0.05


class PaymentRefused(DomainError):
    """The payment was declined."""


class CardDeclined(PaymentRefused):
    """Your card was declined."""

    field = "token"


class CardNotAccepted(BusinessRuleViolation):
    """This card can't be used."""

    field = "token"


@dataclass(frozen=True)
class PaymentProcess:
    """Paying as an idempotent process: `run` calls `pay_order` or `open_intent`, which claims its key."""

    run: Callable[[Key | None], Payment]

    def resume(self, claim: IdempotencyRecord) -> None:
        """Settle the payment that was begun with the key, by the provider's state of its intent."""
        payment = queries.find_payment_of_claim(claim)
        if payment is not None:
            settle_payment(payment.id)

    def get_result(self, claim: IdempotencyRecord) -> Payment:
        """Return the payment that was made with the key."""
        payment = queries.find_payment_of_claim(claim)
        assert payment is not None
        return payment

    def is_complete(self, payment: Payment) -> bool:
        """Whether the payment has got what its request asked for."""
        return payment.is_answered


def pay_order(*, order_id: UUID, buyer: UUID, card: str, key: Key | None = None) -> Payment:
    """Charge a card (`tok_…`, `pm_…`) for an order; return the payment: authorised, or wanting an action.

    An open attempt is cancelled first; where that is too late, that attempt is the answer. A new attempt
    claims the request's `key`. Raises CardDeclined, CardNotAccepted, ProviderUnavailable (the sweep finds out
    what came of it) and as `start_payment`.
    """
    standing = _cancel_open_attempt(order_id, buyer)
    if standing is not None:
        return standing
    payment = _sync(*_begin(order_id, buyer, card, key))
    if payment.status == Status.DECLINED:
        raise CardDeclined(payment.failure_message)
    if payment.status == Status.VOIDED:
        raise operations.OrderCancelled
    return payment


def open_intent(*, order_id: UUID, buyer: UUID, key: Key | None = None) -> Payment:
    """Return an attempt that the buyer's browser may confirm with its `client_secret`.

    One that is open already is given again, so that a reloaded page goes on with it. Raises
    ProviderUnavailable and as `start_payment`.
    """
    standing = _open_attempt(order_id, buyer)
    if standing is not None and standing.in_browser and standing.client_secret:
        return standing
    if _cancel_open_attempt(order_id, buyer) is not None:
        raise operations.OrderAlreadyPaid
    payment = _sync(*_begin(order_id, buyer, None, key))
    if payment.status == Status.VOIDED:
        raise operations.OrderCancelled
    return payment


def settle_payment(payment_id: UUID) -> None:
    """Bring a payment as near to its goal as Stripe allows now. Safe to repeat, and to run twice at once."""
    for _ in range(MAX_SYNC_STEPS):
        lease = _lease(payment_id)
        if lease is None:
            return
        try:
            payment = _sync(lease)
        except ProviderUnavailable:
            return
        if payment.due_at is None or payment.due_at > database_now():
            return


def _begin(order_id: UUID, buyer: UUID, card: str | None, key: Key | None) -> tuple[Lease, Intent]:
    """Write the attempt, make its intent at Stripe, write the intent's id: only then may it be confirmed."""
    with transaction.atomic(durable=True):
        lease = operations.start_payment(
            order_id=order_id, buyer=buyer, in_browser=card is None, now=database_now(), key=key
        )
    with _unlocked_in_the_end(lease):
        intent = _create_intent(lease, card)
        with transaction.atomic(durable=True):
            return operations.keep_intent(lease=lease, intent=intent, now=database_now()), intent


def _create_intent(lease: Lease, card: str | None) -> Intent:
    payment = lease.payment
    try:
        return get_provider().create_intent(
            amount=payment.amount,
            currency=payment.currency,
            card=card,
            payment_id=payment.id,
            order_id=payment.order_id,
            key=payment.attempt_key("create"),
        )
    except ProviderRefused as refusal:
        by_bank = isinstance(refusal, ProviderDeclined)
        _give_up(lease, refused_card(refusal.failure, by_bank=by_bank), refusal.failure)
        kind = CardDeclined if by_bank else CardNotAccepted
        raise kind(refusal.failure.message) from refusal
    except ProviderUnavailable:
        # Even if Stripe has made the intent, nobody knows its id, so nobody can confirm it.
        _give_up(lease, Reason(code="no_answer", words=f"{get_provider().name} gave no answer"))
        raise


def _give_up(lease: Lease, reason: Reason, failure: Failure | None = None) -> None:
    with transaction.atomic(durable=True):
        operations.give_up_attempt(lease=lease, reason=reason, failure=failure)


def _cancel_open_attempt(order_id: UUID, buyer: UUID) -> Payment | None:
    """Cancel the order's open attempt; return it where Stripe says that it is too late for that.

    Raises PaymentInProgress when it stays in somebody else's hands.
    """
    give_up = time.monotonic() + PATIENCE
    while (standing := _open_attempt(order_id, buyer)) is not None:
        lease = _lease(standing.id)
        if lease is not None:
            payment = _sync(lease, superseded=True)
            if payment.status in LIVE:
                return payment
        elif time.monotonic() > give_up:
            raise operations.PaymentInProgress
        else:
            time.sleep(LOOK_EVERY)
    return None


def _open_attempt(order_id: UUID, buyer: UUID) -> Payment | None:
    return queries.get_open_attempt(order_id=order_id, buyer=buyer, now=database_now())


def _lease(payment_id: UUID) -> Lease | None:
    with transaction.atomic(durable=True):
        return operations.lease_payment(payment_id=payment_id, now=database_now())


def _sync(lease: Lease, intent: Intent | None = None, *, superseded: bool = False) -> Payment:
    """Compare with Stripe's state (`intent`, where it is fresh), take one step and write what came of it.

    An intent that is `superseded` while it is still open is cancelled, whatever its order says. Raises
    ProviderUnavailable, after the lease was given back.
    """
    with _unlocked_in_the_end(lease):
        with _given_back(lease):
            intent = intent or get_provider().fetch_intent(lease.intent_id)
            step = lease.payment.next_call(lease.order, intent)
            voided, refusal = _why_it_may_end(lease, intent, superseded=superseded), None
            if superseded and intent.state.is_open:
                step = ProviderCall.CANCEL
            if step is not None:
                intent, refusal = _take(step, lease)
        with transaction.atomic(durable=True):
            return operations.record_intent(
                lease=lease,
                intent=intent,
                now=database_now(),
                refused=step if refusal else None,
                failure=refusal,
                voided=voided,
            )


def _why_it_may_end(lease: Lease, intent: Intent, *, superseded: bool) -> VoidReason | None:
    """Return why a payment would turn out voided, where it isn't by its order's own end."""
    if superseded:
        return "superseded"
    late = intent.state is IntentState.AUTHORIZED and lease.order.cancel_reason == "expired"
    return "authorized_too_late" if late else None


def _take(step: ProviderCall, lease: Lease) -> tuple[Intent, Failure | None]:
    """Take one step; return the state it led to, or the present one together with Stripe's refusal."""
    try:
        return _call(step, lease), None
    except ProviderRefused as refusal:
        return get_provider().fetch_intent(lease.intent_id), refusal.failure


def _call(call: ProviderCall, lease: Lease) -> Intent:
    provider, intent_id, key = get_provider(), lease.intent_id, lease.payment.attempt_key(call)
    match call:
        case ProviderCall.CONFIRM:
            return_url = f"{settings.PUBLIC_ORIGIN}/orders/{lease.order.id}"
            return provider.confirm_intent(intent_id, return_url=return_url, key=key)
        case ProviderCall.CAPTURE:
            return provider.capture_intent(intent_id, key=key)
        case ProviderCall.CANCEL:
            return provider.cancel_intent(intent_id, key=key)
        case ProviderCall.REFUND:
            return provider.refund_intent(intent_id, key=key)


@contextmanager
def _unlocked_in_the_end(lease: Lease) -> Iterator[None]:
    """Let nobody wait for a lease that we are done with, whatever happened. See Note [A lease's lock]."""
    try:
        yield
    finally:
        operations.unlock_lease(lease.payment)


@contextmanager
def _given_back(lease: Lease) -> Iterator[None]:
    """Give the lease back when Stripe can't be reached, so that the sweep may ask before it runs out."""
    try:
        yield
    except ProviderUnavailable:
        with transaction.atomic(durable=True):
            operations.release_payment(lease=lease, now=database_now())
        raise
