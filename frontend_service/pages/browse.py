"""The list of tickets, and a ticket's page."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.generic import View

from frontend_service.clients.errors import ApiError, BusinessRuleViolation, NotFound, Unavailable
from frontend_service.clients.schemas import ListPage, Order, Ticket
from frontend_service.clients.terms import hold_terms
from frontend_service.pages import partials
from frontend_service.pages.forms import SearchForm, is_id
from frontend_service.pages.messages import LISTING_LABELS, state_of
from frontend_service.pages.visitor import PageRequest

#: The number of cards on two pages of the list.
_MAX_CARDS = 48


class Browse(View):
    """The tickets on sale, filtered and sorted by the URL's parameters."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The listings; when tickets is down, the page without them."""
        form = SearchForm(request.GET)
        form.is_valid()
        cursor = request.GET.get("cursor", "")
        page, error = self._find(request, form, cursor)
        status = error.status if error else form.status
        context = {
            "form": form,
            "page": page,
            "error": error,
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
            form.add_api_error(error)
            return None, None


class CardStates(View):
    """The current state of the cards on a page, which its script polls."""

    def get(self, request: PageRequest) -> HttpResponse:
        """Each card's state and label, by the ticket's id."""
        ids = [UUID(text) for text in request.GET.get("ids", "").split(",") if is_id(text)][:_MAX_CARDS]
        found = {ticket.id: state_of(ticket) for ticket in request.api.find_tickets(ids)} if ids else {}
        states = {str(one): found.get(one, "gone") for one in ids}
        words = {one: {"state": state, "word": LISTING_LABELS[state]} for one, state in states.items()}
        return partials.not_modified_or(request, partials.etag_of(states), lambda: JsonResponse(words))


class ShowTicket(View):
    """One ticket, with the actions that this visitor has."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """The ticket's page."""
        return render(request, "pages/ticket.html", _ticket_on_page(request, ticket_id))


class TicketPanel(View):
    """The part of a ticket's page that its script polls: the price, and whether it is available."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """The partial, or 304 where the page has this version; a withdrawn listing has its own partial."""
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
        "hold_minutes": _hold_minutes(request),
        "key": uuid4(),
    }


def _hold_minutes(request: PageRequest) -> int | None:
    """How long a hold lasts; None while orders can't say."""
    terms = hold_terms.get(request.api)
    return max(1, round(terms.hold_seconds / 60)) if terms else None


def _order_of_visitor(request: PageRequest, ticket: Ticket) -> Order | None:
    """The visitor's own order that holds this ticket, or None."""
    if ticket.order_id is None or not request.visitor.is_signed_in:
        return None
    try:
        return request.api.get_order(ticket.order_id)
    except ApiError:
        return None


def _address(request: PageRequest, **more: str) -> str:
    """This page's URL with the same filters and another cursor."""
    params = {name: value for name, value in request.GET.items() if value and name != "cursor"}
    return "?" + urlencode(params | more)
