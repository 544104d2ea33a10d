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
    "gone": _("Gone"),
}

CANCELLED = {
    "buyer": _("You gave this ticket back."),
    "expired": _("Time ran out."),
    "withdrawn": _("The seller withdrew this ticket."),
    "refunded": _("This purchase was refunded."),
    "capture_failed": _("The payment could not be completed."),
    "suspended": _("The account was suspended, so this hold ended."),
    "operator": _("Our support team cancelled this."),
}

# What became of the money of a cancelled order, by the last payment's status.
MONEY_BACK = {
    "": _("Nothing was charged."),
    "declined": _("Nothing was charged."),
    "voided": _("Nothing was charged."),
    "capture_failed": _("Nothing was charged: the bank had said yes, but then refused the charge."),
    "started": _("Your payment is being called off. Nothing will be charged."),
    "requires_action": _("Your payment is being called off. Nothing will be charged."),
    "authorized": _("The amount reserved on your card is being released. Nothing will be charged."),
    "captured": _("Your payment is on its way back to your card."),
    "refunded": _("Your payment went back to your card."),
}

# The same where the card was authorised after the hold had ended.
TOO_LATE = {
    "authorized": _(
        "Your card was authorised too late. The amount reserved on it is being released; nothing is kept."
    ),
    "voided": _("Your card was authorised too late. Nothing was kept: the reserved amount is free again."),
    "captured": _("Your payment came too late. All of it is on its way back to your card."),
    "refunded": _("Your payment came too late. All of it went back to your card."),
}

_REFUSALS: dict[str, str | Promise] = {
    "ticket-already-reserved": _("Somebody else is holding this ticket right now."),
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
    return str(PARTS.get(part, _("This part of the shop")))


def sentence_for(error: ApiError) -> str:
    """One sentence on why something did not work, for beside a form or above a page."""
    match error:
        case errors.Unavailable():
            return gettext(
                "%(part)s aren't answering right now. Nothing you typed is lost: send it again in a moment."
            ) % {"part": part_name(error.part)}
        case errors.TooManyRequests():
            return _wait(error.retry_after or 60)
        case errors.RequestInProgress():
            return gettext("This was already sent, and is still being worked on.")
        case errors.IdempotencyKeyReused():
            return gettext("This form was already sent once. Send it again if you want to do it again.")
        case errors.PreconditionFailed():
            return gettext("This was changed in the meantime. Check what you typed, then save again.")
    return str(_REFUSALS.get(error.slug) or translated(error.message) or gettext("This wasn't accepted."))


def _wait(seconds: int) -> str:
    return ngettext(
        "Too many tries. Wait %(count)d second, then send it again.",
        "Too many tries. Wait %(count)d seconds, then send it again.",
        seconds,
    ) % {"count": seconds}
