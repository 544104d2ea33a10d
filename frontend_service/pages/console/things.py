"""An account, ticket, order or payment as the console shows it, from its API or from its last event."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from frontend_service.clients.schemas import Json
from frontend_service.pages.forms import is_id
from frontend_service.pages.templatetags.shop import moment, money

KIND_NAMES: dict[str, str | Promise] = {
    "account": _("Account"),
    "ticket": _("Ticket"),
    "order": _("Order"),
    "payment": _("Payment"),
}
#: The stream of a kind's events.
STREAMS = {"account": "user", "ticket": "ticket", "order": "order", "payment": "payment"}
#: The statuses of all kinds, in words.
STATUSES: dict[str, str | Promise] = {
    "created": _("Held"),
    "awaiting:payment": _("Payment processing"),
    "complete": _("Paid"),
    "cancelled": _("Cancelled"),
    "started": _("Started"),
    "requires_action": _("Waiting for the buyer’s bank"),
    "authorized": _("Authorized"),
    "declined": _("Declined"),
    "captured": _("Captured"),
    "voided": _("Released"),
    "refunded": _("Refunded"),
    "capture_failed": _("Charge failed"),
    "available": _("On sale"),
    "reserved": _("Held"),
    "sold": _("Sold"),
    "withdrawn": _("Withdrawn"),
    "active": _("Active"),
    "suspended": _("Suspended"),
}
_OF_STATES = {"listed": "available", "held": "reserved"}
_GOOD = frozenset({"complete", "captured", "sold", "active"})
_LIVE = frozenset(
    {"created", "awaiting:payment", "started", "requires_action", "authorized", "reserved", "suspended"}
)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A fact about a thing: its name, its text, and the address of the story that it leads to.

    With `is_code` the text is a program's: an id, an error, a type. `kind` is that of the thing it leads to.
    """

    name: str | Promise
    text: str
    url: str = ""
    is_code: bool = False
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One account, ticket, order or payment. `label` says which; `role` what an account is in a story.

    `is_hidden` is a ticket on sale that the shop doesn't show, since its seller is suspended.
    """

    kind: str
    id: str
    status: str = ""
    label: str = ""
    role: str | Promise = ""
    facts: list[Fact] = field(default_factory=list)
    is_hidden: bool = False

    @property
    def kind_name(self) -> str | Promise:
        """What it is, in words."""
        return KIND_NAMES[self.kind]

    @property
    def name(self) -> str | Promise:
        """What it is in a story: its role, or its kind."""
        return self.role or self.kind_name

    @property
    def order_name(self) -> str:
        """What a payment is for, where the order's name is known."""
        named = (fact.text for fact in self.facts if fact.kind == "order" and not fact.is_code)
        return next(named, "")

    @property
    def status_text(self) -> str | Promise:
        """Its status in words; the status itself where it is unknown."""
        if self.is_hidden:
            return _("Hidden: seller suspended")
        return STATUSES.get(self.status, self.status)

    @property
    def status_class(self) -> str:
        """The CSS class of its status."""
        return "good" if self.status in _GOOD else "live" if self.status in _LIVE else ""


def read_thing(kind: str, data: Json, *, thing_id: str = "", status: str = "") -> Thing:
    """Build a thing from an API's JSON, or from the data of its last event; `status` where that has none."""
    return Thing(
        kind=kind,
        id=thing_id or str(value_of(data, "id") or ""),
        status=_status_of(data) or status,
        label=_label(kind, data),
        facts=list(_facts(kind, data)),
    )


def with_names(thing: Thing, others: Iterable[Thing]) -> Thing:
    """The thing, with other things' names in its facts instead of their ids."""
    names = {other.id: other.label for other in others if other.label}
    facts = [
        replace(fact, text=names[fact.text], is_code=False) if fact.url and fact.text in names else fact
        for fact in thing.facts
    ]
    return replace(thing, facts=facts)


def with_hidden(things: list[Thing]) -> list[Thing]:
    """The things, with the tickets hidden whose seller is one of them and suspended."""
    sellers = {
        story_address("account", thing.id)
        for thing in things
        if thing.kind == "account" and thing.status == "suspended"
    }
    return [
        replace(thing, is_hidden=True)
        if thing.kind == "ticket"
        and thing.status == "available"
        and any(fact.url in sellers for fact in thing.facts)
        else thing
        for thing in things
    ]


def value_of(data: Json, name: str) -> Any:
    """A value by its name in snake case: APIs write camel case, events snake case. None where missing."""
    first, *rest = name.split("_")
    camel = first + "".join(word.capitalize() for word in rest)
    return data.get(name, data.get(camel))


def ticket_in(data: Json) -> Json:
    """The ticket inside an order's data; empty where there is none."""
    ticket = data.get("ticket")
    return ticket if isinstance(ticket, dict) else {}


def amount_in(data: Json, *names: str) -> str:
    """The amount or price in the data (or what has one of `names`), with its currency; empty without one."""
    value = next((data[name] for name in names or ("amount", "price") if name in data), None)
    try:
        return money(Decimal(str(value)), str(data.get("currency") or "")) if value is not None else ""
    except (InvalidOperation, ValueError):
        return str(value)


def _status_of(data: Json) -> str:
    # Only a ticket of the API has a state, in which an available one is listed, and a reserved one held.
    state = str(data.get("state") or "")
    return str(data.get("status") or _OF_STATES.get(state, state))


def _label(kind: str, data: Json) -> str:
    match kind:
        case "account":
            return str(data.get("email") or "")
        case "ticket":
            return str(data.get("title") or "")
        case "order":
            return str(ticket_in(data).get("title") or "")
    return amount_in(data)


def _facts(kind: str, data: Json) -> Iterator[Fact]:
    price = amount_in(ticket_in(data) if kind == "order" else data)
    if price:
        yield Fact(name=_("Amount") if kind == "payment" else _("Price"), text=price)
    if str(data.get("refunded") or "").strip("0."):
        yield Fact(name=_("Refunded"), text=amount_in(data, "refunded"))
    yield from _links(kind, data)
    for name, label in _TIMES.items():
        if (at := _moment(value_of(data, name))) is not None:
            yield Fact(name=label, text=moment(at, "full"))
    for name, label in _TEXTS.items():
        if isinstance(value := value_of(data, name), str | int) and value and not isinstance(value, bool):
            yield Fact(name=label, text=str(value), is_code=name in _CODES)


_TIMES = {
    "created_at": _("Created"),
    "expires_at": _("Hold ends"),
    "refund_requested_at": _("Refund requested"),
}
_TEXTS = {
    "role": _("Role"),
    "card_last4": _("Card ends in"),
    "intent_id": _("Stripe id"),
    "cancel_reason": _("Cancel reason"),
    "reason": _("Reason"),
    "failure_message": _("Last failure"),
    "refund_reason": _("Refunded because"),
    "venue": _("Venue"),
}
_CODES = frozenset({"intent_id", "cancel_reason", "role"})


def _links(kind: str, data: Json) -> Iterator[Fact]:
    """Facts that lead to other stories."""
    if kind == "order" and ticket_in(data).get("id"):
        yield _link(_("Ticket"), "ticket", ticket_in(data)["id"])
    if value_of(data, "order_id"):
        yield _link(_("Order"), "order", value_of(data, "order_id"))
    payment = value_of(data, "payment_id") or value_of(data, "current_payment_id")
    if payment:
        yield _link(_("Payment"), "payment", payment)
    names = ("seller_id", "seller", "user_id") if kind == "ticket" else ("buyer_id", "buyer", "user_id")
    user = next((value for name in names if (value := value_of(data, name))), None)
    if user and kind != "account":
        yield _link(_("Seller") if kind == "ticket" else _("Buyer"), "account", user)


def _link(name: str | Promise, kind: str, thing_id: Any) -> Fact:
    address = story_address(kind, str(thing_id))
    return Fact(name=name, text=str(thing_id), url=address, is_code=True, kind=kind)


def kind_of_stream(stream: str) -> str:
    """The kind of thing that a stream's events are about; empty for another stream."""
    return next((kind for kind, name in STREAMS.items() if name == stream), "")


def story_address(kind: str, thing_id: str) -> str:
    """The address of a thing's story; empty for another kind, or what isn't an id."""
    return reverse("console_story", args=[kind, thing_id]) if kind in KIND_NAMES and is_id(thing_id) else ""


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
