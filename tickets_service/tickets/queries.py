"""The reads."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypedDict
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, Q, QuerySet, Sum

from marketplace.staff.matches import MAX_MATCHES, Match, Number, first_of, id_in
from marketplace.users.models import UserReplica
from service_defaults.clock import first_id_of, start_of_day
from tickets_service.tickets.models import Ticket
from tickets_service.tickets.operations import TicketNotFound


class ListingFilter(TypedDict, total=False):
    """How a visitor narrows the list; absent means any. Both ends of a range count in."""

    q: str
    min_price: Decimal
    max_price: Decimal
    starts_from: datetime
    starts_to: datetime
    seller: UUID
    state: Literal["listed", "held", "sold"]


@dataclass(frozen=True, kw_only=True)
class SellerSummary:
    """How a seller's listings stand: how many of each kind, and what the sold ones bring, by currency."""

    listed: int
    held: int
    sold: int
    earned: dict[str, Decimal]


#: What each state of a listing means in its columns.
STATES = {
    "listed": Q(order_id__isnull=True),
    "held": Q(order_id__isnull=False, sold=False),
    "sold": Q(sold=True),
}

_LOOKUPS = {
    "min_price": "price__gte",
    "max_price": "price__lte",
    "starts_from": "starts_at__gte",
    "starts_to": "starts_at__lte",
    "seller": "user_id",
}


def get_ticket(*, ticket_id: UUID) -> Ticket:
    """Return a listing, held and sold ones too. Raises TicketNotFound, also for a withdrawn one."""
    ticket = Ticket.objects.filter(id=ticket_id, withdrawn=False).first()
    if ticket is None:
        raise TicketNotFound
    return ticket


def find_ticket(ticket_id: UUID) -> Ticket | None:
    """Return a listing, a withdrawn one too; None where there is none."""
    return Ticket.objects.filter(id=ticket_id).first()


def list_held(*, first_order_id: UUID) -> Iterator[Ticket]:
    """Yield the tickets that are held for orders from this id on, or sold to them, by the orders' ids."""
    held = Ticket.objects.filter(order_id__gte=first_order_id).order_by("order_id")
    yield from held.defer("search_words").iterator()


def list_tickets(*, filters: ListingFilter, visitor_id: UUID | None) -> QuerySet[Ticket]:
    """Return what can be bought, to be ordered and cut by the page; sellers see all their own listings."""
    own = visitor_id is not None and filters.get("seller") == visitor_id
    tickets = Ticket.objects.filter(withdrawn=False) if own else _available()
    conditions = {lookup: filters[name] for name, lookup in _LOOKUPS.items() if name in filters}  # type: ignore[literal-required]
    tickets = tickets.filter(STATES[filters["state"]] if "state" in filters else Q(), **conditions)
    return _matching(tickets, filters["q"]) if filters.get("q") else tickets


def only_upcoming(tickets: QuerySet[Ticket], *, now: datetime) -> QuerySet[Ticket]:
    """Return those whose event has a date that is still to come: what can be put in order by it."""
    return tickets.filter(starts_at__gte=now)


def list_tickets_by_id(*, ids: Sequence[UUID]) -> QuerySet[Ticket]:
    """Return these listings, held and sold ones too; what is withdrawn or unknown is left out."""
    return Ticket.objects.filter(id__in=ids, withdrawn=False)


def summarize_seller(*, seller_id: UUID) -> SellerSummary:
    """Return how a seller's listings stand. A withdrawn one counts for nothing, and can't be sold."""
    own = Ticket.objects.filter(user_id=seller_id, withdrawn=False)
    counts = own.aggregate(**{state: Count("id", filter=condition) for state, condition in STATES.items()})
    sums = own.filter(STATES["sold"]).values_list("currency").order_by("currency").annotate(Sum("price"))
    return SellerSummary(**counts, earned=dict(sums))


def get_any_ticket(*, ticket_id: UUID) -> Ticket:
    """Return a listing, a withdrawn one too. Raises TicketNotFound."""
    ticket = find_ticket(ticket_id)
    if ticket is None:
        raise TicketNotFound
    return ticket


def search(*, text: str) -> list[Match]:
    """Return the listings with this id or seller's id, or with a word for each of the text, newest first."""
    known, tickets = id_in(text), Ticket.objects.defer("search_words", "description").order_by("-id")
    if known is not None:
        found = first_of(tickets.filter(id=known), tickets.filter(user_id=known)[:MAX_MATCHES])
    else:
        found = first_of(_matching(tickets, text)[:MAX_MATCHES])
    return [_match(ticket) for ticket in found]


def count_today(*, now: datetime) -> list[Number]:
    """Return the numbers of the day that `now` is in, in UTC."""
    listed = Ticket.objects.filter(id__gte=first_id_of(start_of_day(now))).count()
    return [
        Number(name="listedToday", label="listed today", value=listed),
        Number(name="onSale", label="on sale", value=_available().count()),
    ]


def _match(ticket: Ticket) -> Match:
    return Match(
        kind="ticket",
        id=ticket.id,
        label=ticket.title,
        detail=f"{ticket.price} {ticket.currency}, {ticket.state}",
        at=ticket.created_at,
        related=(ticket.user_id, ticket.order_id) if ticket.order_id else (ticket.user_id,),
    )


def _available() -> QuerySet[Ticket]:
    suspended = UserReplica.objects.exclude(status="active").values("id")
    return Ticket.objects.filter(withdrawn=False, order_id__isnull=True).exclude(user_id__in=suspended)


def _matching(tickets: QuerySet[Ticket], text: str) -> QuerySet[Ticket]:
    """Keep the tickets that have, for each word of the text, a word that begins so."""
    words = re.findall(r"\w+", text)
    if not words:
        return tickets.none()
    prefixes = " & ".join(f"{word}:*" for word in words)
    return tickets.filter(search_words=SearchQuery(prefixes, config="simple", search_type="raw"))
