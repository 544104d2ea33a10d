"""Paying: the only module that calls the payment provider about a payment.

A payment is synced with the provider: it is leased (a transaction), its intent is fetched and the next call
made (no transaction is open), and the result is written (a transaction). If the process dies in between,
another may sync the payment at once (Note [A lease's lock]), and begins by fetching the intent. The buyer's
request and the worker's task use the same sync.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction

from contracts.payment import VoidReason
from payments_service.payments.models import (
    LIVE,
    Failure,
    Intent,
    IntentState,
    Payment,
    ProviderCall,
    Reason,
    Status,
    refused_card,
    unlock_lease,
)
from payments_service.payments.operations import attempts
from payments_service.payments.operations.attempts import Lease, SyncResult
from payments_service.providers import ProviderDeclined, ProviderRefused, ProviderUnavailable, get_provider
from service_defaults.clock import database_now
from service_defaults.errors import BusinessRuleViolation, DomainError
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.idempotency.store import Key

#: Syncs of one `settle_payment`; what is left to do is left to the next one.
MAX_SYNCS = 5
#: How long a buyer's request waits for an attempt that another process syncs, and how often it polls. In s.
MAX_WAIT, POLL_INTERVAL = 2.0, 0.05


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
        payment = attempts.find_payment_of_claim(claim)
        if payment is not None:
            settle_payment(payment.id)

    def get_result(self, claim: IdempotencyRecord) -> Payment:
        """Return the payment that was made with the key."""
        payment = attempts.find_payment_of_claim(claim)
        assert payment is not None
        return payment

    def is_complete(self, payment: Payment) -> bool:
        """Whether there is an answer to the request that made the payment."""
        return payment.is_answered


def pay_order(*, order_id: UUID, buyer: UUID, card: str, key: Key | None = None) -> Payment:
    """Charge a card for an order; return the payment: authorised, or requiring the buyer's action.

    An open attempt is cancelled first; where that is too late, it is returned. A new attempt claims the
    request's `key`. Raises CardDeclined, CardNotAccepted, ProviderUnavailable (the sweep syncs the payment
    later) and as `start_payment`.
    """
    earlier = _cancel_open_attempt(order_id, buyer)
    if earlier is not None:
        return earlier
    payment = _sync(*_start(order_id, buyer, card, key))
    if payment.status == Status.DECLINED:
        raise CardDeclined(payment.failure_message)
    if payment.status == Status.VOIDED:
        raise attempts.OrderCancelled
    return payment


def open_intent(*, order_id: UUID, buyer: UUID, key: Key | None = None) -> Payment:
    """Return an attempt that the buyer's browser may confirm by its `client_secret`.

    One that is open already is returned again, so that a page that was reloaded goes on with it. Raises
    ProviderUnavailable and as `start_payment`.
    """
    earlier = _open_attempt(order_id, buyer)
    if earlier is not None and earlier.in_browser and earlier.client_secret:
        return earlier
    if _cancel_open_attempt(order_id, buyer) is not None:
        raise attempts.OrderAlreadyPaid
    payment = _sync(*_start(order_id, buyer, None, key))
    if payment.status == Status.VOIDED:
        raise attempts.OrderCancelled
    return payment


def settle_payment(payment_id: UUID) -> None:
    """Sync a payment until it has reached its goal, or has to wait. Safe to repeat, and twice at once."""
    for _ in range(MAX_SYNCS):
        lease = _lease(payment_id)
        if lease is None:
            return
        try:
            payment = _sync(lease)
        except ProviderUnavailable:
            return
        if payment.due_at is None or payment.due_at > database_now():
            return


def _start(order_id: UUID, buyer: UUID, card: str | None, key: Key | None) -> tuple[Lease, Intent]:
    """Write the attempt, make its intent, write the intent's id: only then may the intent be confirmed."""
    with transaction.atomic(durable=True):
        lease = attempts.start_payment(
            order_id=order_id, buyer=buyer, in_browser=card is None, now=database_now(), key=key
        )
    with _unlocked_at_the_end(lease):
        intent = _create_intent(lease, card)
        with transaction.atomic(durable=True):
            return attempts.add_intent(lease=lease, intent=intent, now=database_now()), intent


def _create_intent(lease: Lease, card: str | None) -> Intent:
    provider, payment = get_provider(), lease.payment
    try:
        return provider.create_intent(
            amount=payment.amount,
            currency=payment.currency,
            card=card,
            payment_id=payment.id,
            order_id=payment.order_id,
            key=payment.attempt_key("create"),
        )
    except ProviderRefused as refusal:
        by_bank = isinstance(refusal, ProviderDeclined)
        _end_attempt(lease, refused_card(refusal.failure, by_bank=by_bank), refusal.failure)
        kind = CardDeclined if by_bank else CardNotAccepted
        raise kind(refusal.failure.message) from refusal
    except ProviderUnavailable:
        # The intent may have been made, but its id is lost, so nothing can confirm it.
        _end_attempt(lease, Reason(code="no_answer", words=f"{provider.name} gave no answer"))
        raise


def _end_attempt(lease: Lease, reason: Reason, failure: Failure | None = None) -> None:
    with transaction.atomic(durable=True):
        attempts.end_attempt(lease=lease, reason=reason, failure=failure)


def _cancel_open_attempt(order_id: UUID, buyer: UUID) -> Payment | None:
    """Cancel the order's open attempt; return it where the provider's state shows that it is too late.

    Raises PaymentInProgress when another process has its lease for longer than this one waits.
    """
    end = time.monotonic() + MAX_WAIT
    while (earlier := _open_attempt(order_id, buyer)) is not None:
        lease = _lease(earlier.id)
        if lease is not None:
            payment = _sync(lease, superseded=True)
            if payment.status in LIVE:
                return payment
        elif time.monotonic() > end:
            raise attempts.PaymentInProgress
        else:
            time.sleep(POLL_INTERVAL)
    return None


def _open_attempt(order_id: UUID, buyer: UUID) -> Payment | None:
    return attempts.get_open_attempt(order_id=order_id, buyer=buyer, now=database_now())


def _lease(payment_id: UUID) -> Lease | None:
    with transaction.atomic(durable=True):
        return attempts.lease_payment(payment_id=payment_id, now=database_now())


def _sync(lease: Lease, intent: Intent | None = None, *, superseded: bool = False) -> Payment:
    """Make the next call for the intent (`intent`, where it was just fetched) and write the result.

    An open intent of an attempt that is `superseded` is cancelled, whatever its order's status. Raises
    ProviderUnavailable, after the lease was released.
    """
    with _unlocked_at_the_end(lease):
        with _released_when_unavailable(lease):
            intent = intent or get_provider().fetch_intent(lease.intent_id)
            result = _make_next_call(lease, intent, superseded=superseded)
        with transaction.atomic(durable=True):
            return attempts.record_sync(lease=lease, result=result, now=database_now())


def _make_next_call(lease: Lease, intent: Intent, *, superseded: bool) -> SyncResult:
    call = lease.payment.next_call(lease.order, intent)
    if superseded and intent.state.is_open:
        call = ProviderCall.CANCEL
    void_reason = _void_reason(lease, intent, superseded=superseded)
    if call is None:
        return SyncResult(intent=intent, void_reason=void_reason)
    try:
        return SyncResult(intent=_call_provider(call, lease, intent), void_reason=void_reason)
    except ProviderRefused as refusal:
        intent = get_provider().fetch_intent(lease.intent_id)
        return SyncResult(intent=intent, refused=call, failure=refusal.failure, void_reason=void_reason)


def _void_reason(lease: Lease, intent: Intent, *, superseded: bool) -> VoidReason | None:
    """Return why the payment is voided, if this sync voids it; None where its order's end is the reason."""
    if superseded:
        return "superseded"
    late = intent.state is IntentState.AUTHORIZED and lease.order.cancel_reason == "expired"
    return "authorized_too_late" if late else None


def _call_provider(call: ProviderCall, lease: Lease, intent: Intent) -> Intent:
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
        case ProviderCall.REFUND_PART:
            amount, goal = lease.payment.part_to_refund(intent), lease.payment.refund_goal
            key = lease.payment.attempt_key(f"{call}:{goal}")
            return provider.refund_intent(intent_id, amount=amount, key=key)


@contextmanager
def _unlocked_at_the_end(lease: Lease) -> Iterator[None]:
    """Unlock the lease at the end, whatever happened, so that nothing waits for it: Note [A lease's lock]."""
    try:
        yield
    finally:
        unlock_lease(lease.payment)


@contextmanager
def _released_when_unavailable(lease: Lease) -> Iterator[None]:
    """Release the lease when the provider can't be reached, so that the sweep may sync before it runs out."""
    try:
        yield
    except ProviderUnavailable:
        with transaction.atomic(durable=True):
            attempts.release_payment(lease=lease, now=database_now())
        raise
