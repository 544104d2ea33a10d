"""What happened to an order, for a person: its own steps, and what the bank said, in one line of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend_service.clients.schemas import Order, Payment
from frontend_service.pages.messages import translated, why_cancelled

_STEPS = {
    "order.created": gettext_lazy("Ticket reserved."),
    "order.extended": gettext_lazy("You extended your hold by five minutes."),
    "order.awaiting_payment": gettext_lazy("Payment sent to your bank."),
    "order.completed": gettext_lazy("Payment approved. The ticket is yours."),
}
# What became of a payment that is over; its own service knows when.
_MONEY = {
    "captured": gettext_lazy("Your card was charged."),
    "voided": gettext_lazy("The amount reserved on your card was released."),
    "refunded": gettext_lazy("Your payment was refunded to your card."),
    "capture_failed": gettext_lazy("Your bank refused the charge."),
}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One line: when, and what."""

    at: datetime
    text: str | Promise


def timeline_of(order: Order, payments: Iterable[Payment]) -> list[Moment]:
    """Everything there is to say, oldest first; without payments' part when that is down."""
    steps = [Moment(at=step.at, text=text) for step in order.history if (text := _of_step(order, step.type))]
    money = [
        Moment(at=payment.updated_at, text=text)
        for payment in payments
        if payment.updated_at and (text := _of_payment(payment))
    ]
    return sorted([*steps, *money], key=lambda moment: moment.at)


def _of_step(order: Order, kind: str) -> str | Promise:
    if kind == "order.cancelled":
        return why_cancelled(order.cancel_reason)
    return _STEPS.get(kind, "")


def _of_payment(payment: Payment) -> str | Promise:
    if payment.status == "declined":
        return _("Payment declined: %(why)s") % {"why": translated(payment.failure)}
    return _MONEY.get(payment.status, "")
