"""What an operator sees of listings, and the one thing they may do: withdraw one."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from contracts.staff import SUPPORT_ROLES
from service_defaults.staff import StaffModelAdmin
from tickets_service.tickets import operations
from tickets_service.tickets.models import Ticket


@admin.register(Ticket)
class TicketAdmin(StaffModelAdmin):
    """Listings: find one by its id, its seller or its words; follow it to its orders and events."""

    list_display = (
        "id",
        "title",
        "price",
        "currency",
        "user_id",
        "order_id",
        "sold",
        "withdrawn",
        "created_at",
    )
    list_filter = ("sold", "withdrawn", "currency", "created_at")
    search_fields = ("=id", "=user_id", "=order_id", "title", "venue")
    ordering = ("-id",)
    exclude = ("search_words",)
    readonly_fields = ("orders", "events")
    action_roles = SUPPORT_ROLES
    actions = ("withdraw",)

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
