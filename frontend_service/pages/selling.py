"""The seller's pages: list, edit, withdraw, and follow the listings."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import View

from frontend_service.clients.errors import ApiError, BusinessRuleViolation, PreconditionFailed
from frontend_service.clients.schemas import ListingTerms, SellerSummary, Ticket
from frontend_service.clients.terms import listing_terms
from frontend_service.pages import partials
from frontend_service.pages.decorators import login_required
from frontend_service.pages.forms import ListingForm
from frontend_service.pages.messages import sentence_for
from frontend_service.pages.visitor import PageRequest

STATES = ("listed", "held", "sold")


@method_decorator(login_required, name="get")
class Sell(View):
    """The seller's own listings, and a summary of them."""

    def get(self, request: PageRequest) -> HttpResponse:
        """All that aren't withdrawn, or those in the state `show`, newest first."""
        return render(request, "pages/sell.html", _board(request))


@method_decorator(login_required, name="get")
class SellBoard(View):
    """The part of the seller's page that its script polls."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The partial, or 304 where the page has this version."""
        board = _board(request)
        return partials.not_modified_or(
            request, board["etag"], lambda: render(request, "pages/_sell_board.html", board)
        )


def _board(request: PageRequest) -> dict[str, Any]:
    """The context of the seller's page. Without an answer for the summary, the listings are shown alone."""
    show = request.GET.get("show", "")
    filters = {"seller": str(request.visitor.id)} | ({"state": show} if show in STATES else {})
    page = request.api.list_tickets(filters=filters, cursor=request.GET.get("cursor", ""))
    summary, error = _summary(request)
    return {
        "tickets": page.items,
        "cursor": page.cursor,
        "summary": summary,
        "etag": partials.etag_of((page.items, summary)),
        "error": error,
        "show": show if show in STATES else "",
        "try_again": reverse("sell"),
        "board": f"{reverse('sell_board')}?{request.GET.urlencode()}",
    }


def _summary(request: PageRequest) -> tuple[SellerSummary | None, ApiError | None]:
    try:
        return request.api.get_seller_summary(), None
    except ApiError as error:
        return None, error


@method_decorator(login_required, name="get")
class ListTicket(View):
    """List a ticket."""

    def get(self, request: PageRequest) -> HttpResponse:
        """An empty form."""
        form = ListingForm(terms=listing_terms.get(request.api))
        return render(request, "pages/ticket_new.html", {"form": form})

    def post(self, request: PageRequest) -> HttpResponse:
        """List it and show its page, or show a preview (`preview`)."""
        form = ListingForm(request.POST, terms=listing_terms.get(request.api))
        if form.is_valid() and "preview" not in request.POST:
            with form.show_api_errors():
                ticket = request.api.create_ticket(fields=form.fields_for_api(), key=form.cleaned_data["key"])
                messages.success(request, _("Your ticket is on sale."))
                return redirect("ticket", ticket.id)
        return render(request, "pages/ticket_new.html", {"form": form}, status=form.status)


@method_decorator(login_required, name="get")
class EditTicket(View):
    """Change a listing that no buyer holds."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """The form with the listing's fields; redirects to the ticket where it can't be edited."""
        ticket = request.api.get_ticket(ticket_id)
        if ticket.user_id != request.visitor.id or ticket.order_id:
            messages.warning(request, _why_not_editable(ticket))
            return redirect("ticket", ticket_id)
        return self._show(request, ticket_id, _form_of(ticket, listing_terms.get(request.api)))

    def post(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """Save. Where the listing was changed meanwhile, show that and keep the input."""
        form = ListingForm(request.POST, terms=listing_terms.get(request.api))
        if form.is_valid():
            with form.show_api_errors():
                return self._save(request, ticket_id, form)
        return self._show(request, ticket_id, form)

    def _save(self, request: PageRequest, ticket_id: UUID, form: ListingForm) -> HttpResponse:
        etag = form.cleaned_data["etag"]
        try:
            request.api.change_ticket(ticket_id, fields=form.fields_for_api(), etag=etag)
        except PreconditionFailed:
            form.set_value("etag", request.api.get_ticket(ticket_id).etag)
            raise
        messages.success(request, _("Saved."))
        return redirect("ticket", ticket_id)

    def _show(self, request: PageRequest, ticket_id: UUID, form: ListingForm) -> HttpResponse:
        context = {"form": form, "ticket_id": ticket_id}
        return render(request, "pages/ticket_edit.html", context, status=form.status)


class WithdrawTicket(View):
    """Withdraw a listing."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """A GET only redirects to the ticket."""
        return redirect("ticket", ticket_id)

    def post(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """Withdraw it, or show the error on the ticket's page."""
        try:
            request.api.withdraw_ticket(ticket_id)
        except BusinessRuleViolation as error:
            messages.error(request, sentence_for(error))
            return redirect("ticket", ticket_id)
        messages.success(request, _("Listing withdrawn."))
        return redirect("sell")


def _form_of(ticket: Ticket, terms: ListingTerms | None) -> ListingForm:
    return ListingForm(
        terms=terms,
        initial={
            "title": ticket.title,
            "price": ticket.price,
            "currency": ticket.currency,
            "venue": ticket.venue,
            "starts_at": ticket.starts_at,
            "description": ticket.description,
            "etag": ticket.etag,
        },
    )


def _why_not_editable(ticket: Ticket) -> str:
    if ticket.sold:
        return _("You can't change a sold listing.")
    if ticket.order_id:
        return _("You can't change a listing while a buyer holds the ticket.")
    return _("This isn't your listing.")
