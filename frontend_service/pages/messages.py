"""What we say about the codes that the APIs speak in. Their own texts pass through `translated`."""

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from frontend_service.clients import errors
from frontend_service.clients.errors import ApiError
from frontend_service.clients.schemas import Ticket

PARTS = {
    "users": _("Accounts"),
    "tickets": _("Listings"),
    "orders": _("Orders"),
    "payments": _("Payments"),
}

# The states of a listing that a card has a word for; a free one needs none.
CARD_STATES = {
    "free": "",
    "held": _("Held"),
    "sold": _("Sold"),
    "gone": _("Unavailable"),
}

CANCELLED = {
    "buyer": _("You released this ticket."),
    "expired": _("Your hold expired."),
    "withdrawn": _("The seller withdrew this ticket."),
    "refunded": _("This purchase was refunded."),
    "capture_failed": _("The payment could not be completed."),
    "suspended": _("The account was suspended, so this hold ended."),
    "operator": _("Our support team cancelled this order."),
}

# What became of the money of a cancelled order, by the last payment's status.
MONEY_BACK = {
    "": _("You were not charged."),
    "declined": _("You were not charged."),
    "voided": _("You were not charged."),
    "capture_failed": _("You were not charged: your bank approved the payment, then refused the charge."),
    "started": _("We're cancelling your payment. You won't be charged."),
    "requires_action": _("We're cancelling your payment. You won't be charged."),
    "authorized": _("We're releasing the amount reserved on your card. You won't be charged."),
    "captured": _("Your refund is on its way to your card."),
    "refunded": _("We refunded your payment to your card."),
}

# The same where the card was authorised after the hold had ended.
TOO_LATE = {
    "authorized": _(
        "Your bank approved the payment too late. We're releasing the reserved amount; you won't be charged."
    ),
    "voided": _("Your bank approved the payment too late. The reserved amount was released; you were not charged."),
    "captured": _("Your payment came too late. A full refund is on its way to your card."),
    "refunded": _("Your payment came too late. We refunded it in full."),
}

_REFUSALS: dict[str, str | Promise] = {
    "ticket-already-reserved": _("Another buyer is holding this ticket right now."),
}


def translated(message: str) -> str:
    """An API's own words, in the visitor's language where the catalogue has them."""
    return gettext(message) if message else ""


def why_cancelled(reason: str) -> str | Promise:
    """Why an order ended, in a sentence; a reason that these pages don't know yet is left out."""
    return CANCELLED.get(reason, _("This order was cancelled."))


def state_of(ticket: Ticket) -> str:
    """Which of `CARD_STATES` a listing is in."""
    if ticket.sold:
        return "sold"
    return "held" if ticket.order_id else "free"


def state_word(ticket: Ticket) -> str:
    """The card's word for the state that a listing is in; empty for a free one."""
    return str(CARD_STATES[state_of(ticket)])


def part_name(part: str) -> str:
    """A part of the shop, for people."""
    return str(PARTS.get(part, _("Some services")))


def sentence_for(error: ApiError) -> str:
    """One sentence on why something did not work, for beside a form or above a page."""
    match error:
        case errors.Unavailable():
            return gettext(
                "%(service)s are unavailable right now. What you typed is kept: try again in a moment."
            ) % {"part": part_name(error.part)}
        case errors.TooManyRequests():
            return _wait(error.retry_after or 60)
        case errors.RequestInProgress():
            return gettext("We're still working on your last request.")
        case errors.IdempotencyKeyReused():
            return gettext("You already sent this form. Send it again to repeat it.")
        case errors.PreconditionFailed():
            return gettext("This listing was changed while you were editing. Check your changes, then save again.")
    return str(_REFUSALS.get(error.slug) or translated(error.message) or gettext("We couldn't accept this."))


def _wait(seconds: int) -> str:
    return ngettext(
        "Too many attempts. Try again in %(count)d second.",
        "Too many attempts. Try again in %(count)d seconds.",
        seconds,
    ) % {"count": seconds}
