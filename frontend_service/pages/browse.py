"""Looking around: the listings, and a ticket's own page."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.generic import View

from frontend_service.clients.errors import ApiError, BusinessRuleViolation, NotFound, Unavailable
from frontend_service.clients.schemas import ListPage, Order, Ticket
from frontend_service.pages import partials
from frontend_service.pages.forms import SearchForm, is_id
from frontend_service.pages.messages import CARD_STATES, state_of
from frontend_service.pages.visitor import PageRequest

#: As many as two pages of the list have.
_MOST_CARDS = 48


class Browse(View):
    """Tickets that can be bought, newest first, by what the address asks for."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The listings; when tickets is down, the page without it."""
        form = SearchForm(request.GET)
        form.is_valid()
        cursor = request.GET.get("cursor", "")
        page, trouble = self._find(request, form, cursor)
        status = trouble.status if trouble else form.status
        context = {
            "form": form,
            "page": page,
            "trouble": trouble,
            "more": _address(request, cursor=page.cursor) if page and page.cursor else "",
            "newest": _address(request) if cursor else "",
            "is_searching": form.is_searching,
            "sorted_by": form.sorted_by,
        }
        return render(request, "pages/browse.html", context, status=status)

    def _find(
        self, request: PageRequest, form: SearchForm, cursor: str
    ) -> tuple[ListPage[Ticket] | None, ApiError | None]:
        try:
            return request.api.list_tickets(filters=form.filters(), cursor=cursor), None
        except Unavailable as error:
            return None, error
        except BusinessRuleViolation as error:
            form.blame(error)
            return None, None


class CardStates(View):
    """What became of the cards that a page shows: the page's script asks, and marks what is held or gone."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The state of each card that can't be bought any more, in a word, by the ticket's id."""
        ids = [UUID(text) for text in request.GET.get("ids", "").split(",") if is_id(text)][:_MOST_CARDS]
        found = {ticket.id: state_of(ticket) for ticket in request.api.find_tickets(ids)} if ids else {}
        states = {str(one): found.get(one, "gone") for one in ids}
        words = {one: {"state": state, "word": CARD_STATES[state]} for one, state in states.items()}
        return partials.not_modified_or(request, partials.etag_of(states), lambda: JsonResponse(words))


class ShowTicket(View):
    """One ticket: what it is, what it costs, and what this visitor can do about it."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """The ticket's page."""
        return render(request, "pages/ticket.html", _ticket_on_page(request, ticket_id))


class TicketPanel(View):
    """The part of a ticket's page that changes by itself: whether it can be had, and for how much."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """The part, or 304 where the page has it already; a withdrawn listing says that it is gone."""
        try:
            context = _ticket_on_page(request, ticket_id)
        except NotFound:
            etag, template, context = partials.etag_of("gone"), "pages/_ticket_gone.html", {}
        else:
            etag, template = context["etag"], "pages/_ticket_panel.html"
        return partials.not_modified_or(request, etag, lambda: render(request, template, context))


def _ticket_on_page(request: PageRequest, ticket_id: UUID) -> dict[str, Any]:
    ticket = request.api.get_ticket(ticket_id)
    is_own = request.visitor.is_signed_in and request.visitor.id == ticket.user_id
    own_order = None if is_own else _order_of_visitor(request, ticket)
    return {
        "ticket": ticket,
        "is_own": is_own,
        "own_order": own_order,
        "etag": partials.etag_of((ticket, request.visitor.id, own_order and own_order.status)),
        "hold_minutes": max(1, round(settings.HOLD_SECONDS / 60)),
        "key": uuid4(),
    }


def _order_of_visitor(request: PageRequest, ticket: Ticket) -> Order | None:
    """The order that holds this ticket, when it is the visitor's own; anybody else's is not shown."""
    if ticket.order_id is None or not request.visitor.is_signed_in:
        return None
    try:
        return request.api.get_order(ticket.order_id)
    except ApiError:
        return None


def _address(request: PageRequest, **more: str) -> str:
    """This page's address with the same filters, at another place in the list."""
    asked = {name: value for name, value in request.GET.items() if value and name != "cursor"}
    return "?" + urlencode(asked | more)
