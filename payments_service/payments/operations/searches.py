"""Searches for the intents of payments whose ids were lost when the database was restored."""

import logging
from datetime import datetime
from uuid import UUID

from payments_service.payments.models import OPEN, Payment, Reason, Status
from payments_service.payments.operations.attempts import end_without_intent, save_and_schedule
from payments_service.payments.operations.locks import lock_payment
from shared_events.outbox import commands

logger = logging.getLogger(__name__)

#: The task that searches at the provider; `tasks.py` defines it.
FIND_LOST_INTENTS = "payments.find_lost_intents"


def begin_searches() -> int:
    """Schedule a search if intents are lost; return how many are."""
    lost = Payment.objects.filter(intent_lost=True).count()
    if lost:
        commands.schedule(FIND_LOST_INTENTS, {})
    return lost


def end_search(*, payment_id: UUID, intent_id: str | None, now: datetime) -> None:
    """Set the payment's intent and have it settled; or write that the provider has no intent of it."""
    _, payment = lock_payment(payment_id)
    if not payment.intent_lost:
        return
    if intent_id is not None:
        payment.intent_id, payment.intent_lost, payment.due_at = intent_id, False, now
        save_and_schedule(payment, now)
    elif payment.status in OPEN:
        payment.intent_lost = False
        end_without_intent(payment, Status.VOIDED, Reason(code="abandoned"))
    elif payment.status in (Status.DECLINED, Status.VOIDED):
        payment.intent_lost, payment.due_at = False, None
        payment.save()
    else:
        logger.error("The provider has no intent of payment %s, which is %s", payment.id, payment.status)
