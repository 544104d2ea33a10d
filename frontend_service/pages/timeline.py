"""The timeline of an order: its own events and its payments', merged by time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontend_service.clients.schemas import Order, Payment
from frontend_service.pages.messages import translated, why_cancelled
from frontend_service.pages.templatetags.shop import money

_ORDER_EVENTS = {
    "order.created": gettext_lazy("Ticket reserved."),
    "order.extended": gettext_lazy("You extended your hold."),
    "order.awaiting_payment": gettext_lazy("Payment sent to your bank."),
    "order.completed": gettext_lazy("Payment approved. The ticket is yours."),
}
# The outcome of a finished payment, by its status.
_PAYMENT_OUTCOMES = {
    "captured": gettext_lazy("Your card was charged."),
    "voided": gettext_lazy("The amount reserved on your card was released."),
    "refunded": gettext_lazy("Your payment was refunded to your card."),
    "capture_failed": gettext_lazy("Your bank refused the charge."),
}


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of the timeline."""

    at: datetime
    text: str | Promise


def build_timeline(order: Order, payments: Iterable[Payment]) -> list[TimelineEntry]:
    """The entries, oldest first; without the payments' entries when payments is down."""
    steps = [
        TimelineEntry(at=step.at, text=text)
        for step in order.history
        if (text := _event_text(order, step.type))
    ]
    money = [
        TimelineEntry(at=payment.updated_at, text=text)
        for payment in payments
        if payment.updated_at and (text := _payment_text(payment))
    ]
    return sorted([*steps, *money], key=lambda moment: moment.at)


def _event_text(order: Order, kind: str) -> str | Promise:
    if kind == "order.cancelled":
        return why_cancelled(order.cancel_reason)
    return _ORDER_EVENTS.get(kind, "")


def _payment_text(payment: Payment) -> str | Promise:
    if payment.status == "declined":
        return _("Payment declined: %(why)s") % {"why": translated(payment.failure)}
    if payment.status == "captured" and payment.refunded:
        refunded = money(payment.refunded, payment.currency)
        return _("Your card was charged. %(refunded)s went back to your card.") % {"refunded": refunded}
    return _PAYMENT_OUTCOMES.get(payment.status, "")
