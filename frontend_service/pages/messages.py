"""The pages' texts for the APIs' codes. The APIs' own texts are translated by `translated`."""

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from frontend_service.clients import errors
from frontend_service.clients.errors import ApiError
from frontend_service.clients.schemas import Ticket

SERVICES = {
    "users": _("Accounts"),
    "tickets": _("Listings"),
    "orders": _("Orders"),
    "payments": _("Payments"),
}

# The currencies' names in the visitor's language; the tickets API says which there are.
CURRENCY_NAMES = {"USD": _("US dollar"), "EUR": _("Euro"), "GBP": _("Pound")}

# The label on a listing's card, by its state; an available listing has none.
LISTING_LABELS = {
    "free": "",
    "held": _("Held"),
    "sold": _("Sold"),
    "gone": _("Unavailable"),
}

CANCEL_REASONS = {
    "buyer": _("You released this ticket."),
    "expired": _("Your hold expired."),
    "withdrawn": _("The seller withdrew this ticket."),
    "refunded": _("This purchase was refunded."),
    "capture_failed": _("The payment could not be completed."),
    "suspended": _("The account was suspended, so this hold ended."),
    "operator": _("Our support team cancelled this order."),
}

# What happened to the money of a cancelled order, by the last payment's status.
REFUND_TEXTS = {
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
LATE_PAYMENT_TEXTS = {
    "authorized": _(
        "Your bank approved the payment too late. We're releasing the reserved amount; you won't be charged."
    ),
    "voided": _(
        "Your bank approved the payment too late. The reserved amount was released; you were not charged."
    ),
    "captured": _("Your payment came too late. A full refund is on its way to your card."),
    "refunded": _("Your payment came too late. We refunded it in full."),
}

_ERROR_TEXTS: dict[str, str | Promise] = {
    "ticket-already-reserved": _("Another buyer is holding this ticket right now."),
}


def translated(message: str) -> str:
    """An API's text, in the visitor's language where the catalogue has a translation."""
    return gettext(message) if message else ""


def why_cancelled(reason: str) -> str | Promise:
    """Why an order ended, as a sentence; a general one for an unknown reason."""
    return CANCEL_REASONS.get(reason, _("This order was cancelled."))


def state_of(ticket: Ticket) -> str:
    """Which of `LISTING_LABELS` a listing is in."""
    if ticket.sold:
        return "sold"
    return "held" if ticket.order_id else "free"


def state_label(ticket: Ticket) -> str:
    """The card's label for a listing's state; empty for an available listing."""
    return str(LISTING_LABELS[state_of(ticket)])


def service_name(service: str) -> str:
    """A service's name for visitors."""
    return str(SERVICES.get(service, _("Some services")))


def sentence_for(error: ApiError) -> str:
    """One sentence that explains an error, to show beside a form or above a page."""
    match error:
        case errors.Unavailable():
            return gettext(
                "%(service)s are unavailable right now. What you typed is kept: try again in a moment."
            ) % {"service": service_name(error.service)}
        case errors.TooManyRequests():
            return _wait(error.retry_after or 60)
        case errors.RequestInProgress():
            return gettext("We're still working on your last request.")
        case errors.IdempotencyKeyReused():
            return gettext("You already sent this form. Send it again to repeat it.")
        case errors.PreconditionFailed():
            return gettext(
                "This listing was changed while you were editing. Check your changes, then save again."
            )
    return str(
        _ERROR_TEXTS.get(error.slug) or translated(error.message) or gettext("We couldn't accept this.")
    )


def _wait(seconds: int) -> str:
    return ngettext(
        "Too many attempts. Try again in %(count)d second.",
        "Too many attempts. Try again in %(count)d seconds.",
        seconds,
    ) % {"count": seconds}
