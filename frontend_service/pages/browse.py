"""Looking around: the shelf, and a ticket's own page."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.generic import View

from frontend_service.clients.errors import ApiError, Refused, Unavailable
from frontend_service.clients.shapes import ListPage, Order, Ticket
from frontend_service.pages.forms import SearchForm
from frontend_service.pages.visitor import PageRequest


class Browse(View):
    """Tickets that can be bought, newest first, by what the address asks for."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The shelf; when listings are down, the page without it."""
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
            "is_searching": bool(form.cleaned_data and form.filters()),
        }
        return render(request, "pages/browse.html", context, status=status)

    def _find(
        self, request: PageRequest, form: SearchForm, cursor: str
    ) -> tuple[ListPage[Ticket] | None, ApiError | None]:
        try:
            return request.api.list_tickets(filters=form.filters(), cursor=cursor), None
        except Unavailable as error:
            return None, error
        except Refused as error:
            form.blame(error)
            return None, None


class ShowTicket(View):
    """One ticket: what it is, what it costs, and what this visitor can do about it."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """The ticket's page."""
        ticket = request.api.get_ticket(ticket_id)
        is_own = request.visitor.is_signed_in and request.visitor.id == ticket.user_id
        context = {
            "ticket": ticket,
            "is_own": is_own,
            "own_order": None if is_own else self._order_of_visitor(request, ticket),
            "hold_minutes": max(1, round(settings.HOLD_SECONDS / 60)),
            "key": uuid4(),
        }
        return render(request, "pages/ticket.html", context)

    def _order_of_visitor(self, request: PageRequest, ticket: Ticket) -> Order | None:
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
