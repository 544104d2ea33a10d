"""What an operator sees of listings, and the one thing they may do: withdraw one."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from contracts.staff import SUPPORT_ROLES
from marketplace.admin import RequestSearch
from service_defaults.staff_pages import dashboard
from service_defaults.staff_pages.dashboard import Figure, Section, Table, list_url, row_link
from tickets_service.tickets import operations, queries
from tickets_service.tickets.models import Ticket

_STATES = {
    "sale": ("On sale", queries.STATES["listed"] & Q(withdrawn=False)),
    "held": ("Held", queries.STATES["held"]),
    "sold": ("Sold", queries.STATES["sold"]),
    "withdrawn": ("Withdrawn", Q(withdrawn=True)),
}


class StateFilter(admin.SimpleListFilter):
    """Listings by what can happen to them."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(state, label) for state, (label, _) in _STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        """Return the listings in the chosen state."""
        _, condition = _STATES.get(self.value() or "", ("", Q()))
        return queryset.filter(condition)


@admin.register(Ticket)
class TicketAdmin(RequestSearch):
    """Listings: find one by its id, its seller or its words; follow it to its orders and events."""

    list_display = ("id", "title", "state", "price_in_currency", "seller", "order_id", "created_at")
    list_filter = (StateFilter, "currency", "created_at")
    search_fields = ("=id", "=user_id", "=order_id", "title", "venue")
    search_help_text = "The id of a ticket, its seller, its order or a request; or a title or venue"
    ordering = ("-id",)
    exclude = ("search_words",)
    readonly_fields = ("orders", "events")
    action_roles = SUPPORT_ROLES
    actions = ("withdraw",)

    @admin.display(description="state")
    def state(self, ticket: Ticket) -> str:
        """Return what can happen to the listing, in a word."""
        return "on sale" if ticket.state == "listed" else ticket.state

    @admin.display(description="price", ordering="price")
    def price_in_currency(self, ticket: Ticket) -> str:
        """Return the price with its currency."""
        return f"{ticket.price} {ticket.currency}"

    @admin.display(description="seller", ordering="user_id")
    def seller(self, ticket: Ticket) -> UUID:
        """Return the seller's id, which links to the account."""
        return ticket.user_id

    @admin.display(description="orders")
    def orders(self, ticket: Ticket) -> str:
        """Return a link to the ticket's orders."""
        return format_html('<a href="/admin/orders/orders/order/?q={}">Orders</a>', ticket.id)

    @admin.display(description="events")
    def events(self, ticket: Ticket) -> str:
        """Return a link to what was recorded about the ticket."""
        return format_html('<a href="/admin/tickets/shared_events/loggedevent/?q={}">Events</a>', ticket.id)

    @admin.action(description="Withdraw (free listings only)", permissions=["act"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        """Withdraw each selected listing on the operator's word."""
        self.for_each(
            request,
            queryset,
            lambda ticket: operations.withdraw_ticket_for_operator(ticket_id=ticket.id, now=timezone.now()),
            done="withdrawn",
        )


@dashboard.section(order=0)
def listings(request: HttpRequest) -> Section:
    """Return how many listings there are in each state: one pass over the table."""
    counts = Ticket.objects.aggregate(
        **{state: Count("id", filter=condition) for state, (_, condition) in _STATES.items()}
    )
    return Section(
        title="Listings",
        figures=tuple(
            Figure(label=label, value=counts[state], url=list_url(Ticket, state=state))
            for state, (label, _) in _STATES.items()
        ),
        tables=(
            Table(
                title="Newest listings",
                columns=("Ticket", "Title", "Price", "Created"),
                rows=tuple(
                    (
                        row_link(ticket, ticket.id),
                        ticket.title,
                        f"{ticket.price} {ticket.currency}",
                        ticket.created_at,
                    )
                    for ticket in Ticket.objects.order_by("-id")[: dashboard.SHOWN_ROWS]
                ),
                url=list_url(Ticket),
            ),
        ),
    )
