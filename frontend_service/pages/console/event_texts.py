"""What each type of event means, in plain words, and who caused it."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone
from django.utils.dateformat import format as format_moment
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from frontend_service.clients.schemas import Json
from frontend_service.pages.console.things import amount_in, ticket_in, value_of
from frontend_service.pages.messages import CANCEL_REASONS

_BUYER, _SELLER = gettext_lazy("the buyer"), gettext_lazy("the seller")
_STAFF, _OWNER = gettext_lazy("staff"), gettext_lazy("the account’s owner")
_BANK, _SYSTEM = gettext_lazy("the payment provider"), gettext_lazy("the system")

# What ended an order, by its cancel reason, and who did.
_CANCELLED: dict[str, tuple[str | Promise, str | Promise]] = {
    "buyer": (gettext_lazy("The buyer released the hold."), _BUYER),
    "expired": (gettext_lazy("The hold expired unpaid."), _SYSTEM),
    "withdrawn": (gettext_lazy("The order ended: the seller withdrew the ticket."), _SELLER),
    "refunded": (gettext_lazy("The order ended: its payment was refunded."), _SYSTEM),
    "capture_failed": (gettext_lazy("The order ended: the payment could not be charged."), _BANK),
    "suspended": (gettext_lazy("The order ended: the account was suspended."), _STAFF),
    "operator": (gettext_lazy("Staff released the hold."), _STAFF),
}
# Why money was returned or not taken, by the payment's reason code.
_REASONS: dict[str, str | Promise] = {
    "card_declined": gettext_lazy("the card was declined"),
    "card_not_accepted": gettext_lazy("the card isn’t accepted"),
    "order_cancelled": gettext_lazy("the order was cancelled"),
    "authorized_too_late": gettext_lazy("the bank approved it after the hold had ended"),
    "paid_otherwise": gettext_lazy("the order was paid by another payment"),
    "superseded": gettext_lazy("the buyer started another payment"),
    "abandoned": gettext_lazy("the buyer did not go on"),
    "no_answer": gettext_lazy("the payment provider did not answer"),
    "cancelled_at_provider": gettext_lazy("it was cancelled at the payment provider"),
    "requested": gettext_lazy("staff refunded it"),
    "refunded_at_provider": gettext_lazy("it was refunded at the payment provider"),
    "capture_refused": gettext_lazy("the bank refused the charge"),
    "authorization_lapsed": gettext_lazy("the bank’s approval had lapsed"),
}
_REQUESTED_BY_STAFF = "requested"


def describe(event_type: str, data: Json) -> str:
    """One sentence; the type itself for an event that the console doesn't know."""
    if event_type == "order.cancelled":
        reason = str(value_of(data, "cancel_reason"))
        as_buyers_read = CANCEL_REASONS.get(reason, _("The order was cancelled."))
        return str(_CANCELLED.get(reason, (as_buyers_read, ""))[0])
    text = _SENTENCES.get(event_type)
    if text is None:
        return _("Recorded: %(type)s") % {"type": event_type}
    return str(text) % {name: value(data) for name, value in _VALUES.items()}


def caused_by(event_type: str, data: Json) -> str:
    """Who caused it; empty where the event doesn't tell."""
    if event_type == "order.cancelled":
        return str(_CANCELLED.get(str(value_of(data, "cancel_reason")), ("", ""))[1])
    if (
        event_type in ("payment.refunded", "payment.partly_refunded")
        and value_of(data, "reason_code") == _REQUESTED_BY_STAFF
    ):
        return str(_STAFF)
    return str(_CAUSES.get(event_type, ""))


def _title(data: Json) -> str:
    return str(ticket_in(data).get("title") or data.get("title") or _("the ticket"))


def _amount(data: Json) -> str:
    return amount_in(ticket_in(data) or data)


def _refunded(data: Json) -> str:
    return amount_in(data, "refunded")


def _until(data: Json) -> str:
    try:
        local = timezone.localtime(datetime.fromisoformat(str(value_of(data, "expires_at"))))
    except ValueError:
        return "–"
    text = format_moment(local, pgettext("date format", "H:i"))
    return f"{text} UTC" if timezone.get_current_timezone_name() == "UTC" else text


def _reason(data: Json) -> str:
    code = str(value_of(data, "reason_code") or "")
    return str(_REASONS.get(code) or data.get("reason") or code or "–")


_VALUES: dict[str, Callable[[Json], str]] = {
    "title": _title, "amount": _amount, "until": _until, "reason": _reason,
    "refunded": _refunded,
}  # fmt: skip
_SENTENCES: dict[str, str | Promise] = {
    "user.signed_up": gettext_lazy("The account was created."),
    "user.suspended": gettext_lazy("The account was suspended, and signed out everywhere."),
    "user.reinstated": gettext_lazy("The account was reinstated."),
    "user.session_ended": gettext_lazy("One session of the account ended."),
    "user.sessions_ended": gettext_lazy("All sessions of the account ended."),
    "ticket.created": gettext_lazy("“%(title)s” was listed for %(amount)s."),
    "ticket.edited": gettext_lazy("The listing was changed: “%(title)s” for %(amount)s."),
    "ticket.reserved": gettext_lazy("The ticket went off sale for a hold."),
    "ticket.sold": gettext_lazy("The ticket was marked as sold."),
    "ticket.released": gettext_lazy("The ticket went back on sale."),
    "ticket.withdrawn": gettext_lazy("The listing was withdrawn."),
    "ticket.reservation_refused": gettext_lazy("A hold was refused: the listing is withdrawn."),
    "order.created": gettext_lazy("A hold began on “%(title)s” for %(amount)s, until %(until)s."),
    "order.extended": gettext_lazy("The hold was extended until %(until)s."),
    "order.awaiting_payment": gettext_lazy("The order waits for a payment that has started."),
    "order.reopened": gettext_lazy("The payment came to nothing; the hold goes on."),
    "order.completed": gettext_lazy("The order is paid: “%(title)s” is sold for %(amount)s."),
    "payment.started": gettext_lazy("A payment of %(amount)s started."),
    "payment.authorized": gettext_lazy("The bank approved %(amount)s; nothing is charged yet."),
    "payment.declined": gettext_lazy("The payment of %(amount)s was declined: %(reason)s."),
    "payment.captured": gettext_lazy("The card was charged %(amount)s."),
    "payment.voided": gettext_lazy("The payment ended without a charge: %(reason)s."),
    "payment.partly_refunded": gettext_lazy(
        "%(refunded)s of %(amount)s have gone back to the buyer: %(reason)s. The sale stands."
    ),
    "payment.refunded": gettext_lazy("%(amount)s went back to the buyer: %(reason)s."),
    "payment.capture_failed": gettext_lazy("The charge of %(amount)s failed for good: %(reason)s."),
}
_CAUSES: dict[str, str | Promise] = {
    "user.signed_up": _OWNER,
    "user.suspended": _STAFF,
    "user.reinstated": _STAFF,
    "ticket.created": _SELLER,
    "ticket.edited": _SELLER,
    "ticket.reserved": _SYSTEM,
    "ticket.sold": _SYSTEM,
    "ticket.released": _SYSTEM,
    "ticket.reservation_refused": _SYSTEM,
    "order.created": _BUYER,
    "order.extended": _BUYER,
    "order.awaiting_payment": _SYSTEM,
    "order.reopened": _SYSTEM,
    "order.completed": _SYSTEM,
    "payment.started": _BUYER,
    "payment.authorized": _BANK,
    "payment.declined": _BANK,
    "payment.captured": _SYSTEM,
    "payment.voided": _SYSTEM,
    "payment.partly_refunded": _SYSTEM,
    "payment.refunded": _SYSTEM,
    "payment.capture_failed": _BANK,
}
