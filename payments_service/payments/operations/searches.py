"""Payments whose intents have to be found at Stripe, since the database was restored."""

import logging
from datetime import datetime
from uuid import UUID

from payments_service.payments.models import OPEN, Payment, Status
from payments_service.payments.operations.reasons import Reason
from payments_service.payments.operations.records import end_without_intent, lock_payment
from payments_service.payments.operations.sync_requests import save_and_go_on
from shared_events.outbox import commands

logger = logging.getLogger(__name__)

#: The task that asks Stripe; `tasks.py` defines it.
FIND_LOST_INTENTS = "payments.find_lost_intents"


def begin_searches() -> int:
    """Have the intents looked for that are lost; return how many are."""
    lost = Payment.objects.filter(intent_lost=True).count()
    if lost:
        commands.schedule(FIND_LOST_INTENTS, {})
    return lost


def end_search(*, payment_id: UUID, intent_id: str | None, now: datetime) -> None:
    """Give the payment its intent, and have it settled; or write that Stripe has none of it."""
    _, payment = lock_payment(payment_id)
    if not payment.intent_lost:
        return
    if intent_id is not None:
        payment.intent_id, payment.intent_lost, payment.due_at = intent_id, False, now
        save_and_go_on(payment, now)
    elif payment.status in OPEN:
        payment.intent_lost = False
        end_without_intent(payment, Status.VOIDED, Reason(code="abandoned"))
    elif payment.status in (Status.DECLINED, Status.VOIDED):
        payment.intent_lost, payment.due_at = False, None
        payment.save()
    else:
        logger.error("Stripe has no intent of payment %s, which is %s", payment.id, payment.status)
