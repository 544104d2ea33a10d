"""What an operator sees of orders, and the one thing they may do: end a hold."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from contracts.staff import SUPPORT_ROLES
from orders_service.orders import operations
from orders_service.orders.models import Order, TicketReplica
from service_defaults.staff import StaffModelAdmin


@admin.register(Order)
class OrderAdmin(StaffModelAdmin):
    """Orders: find one by its id, its buyer or its ticket; follow it to its payments and events."""

    list_display = ("id", "status", "ticket_title", "ticket_price", "user_id", "expires_at", "cancel_reason")
    list_filter = ("status", "cancel_reason", "created_at")
    search_fields = ("=id", "=user_id", "=ticket_id", "=payment_id", "ticket_title")
    ordering = ("-id",)
    readonly_fields = ("payments", "events", "ticket")
    action_roles = SUPPORT_ROLES
    actions = ("end_hold",)

    @admin.display(description="payments")
    def payments(self, order: Order) -> str:
        """Return a link to the order's payments."""
        return format_html('<a href="/admin/payments/payments/payment/?q={}">Payments</a>', order.id)

    @admin.display(description="events")
    def events(self, order: Order) -> str:
        """Return a link to what was recorded about the order."""
        return format_html('<a href="/admin/orders/shared_events/loggedevent/?q={}">Events</a>', order.id)

    @admin.display(description="ticket")
    def ticket(self, order: Order) -> str:
        """Return a link to the ticket."""
        return format_html('<a href="/admin/tickets/tickets/ticket/?q={}">Ticket</a>', order.ticket_id)

    @admin.action(description="End the hold (unpaid orders only)", permissions=["act"])
    def end_hold(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Cancel each selected order on the operator's word."""
        self.for_each(
            request,
            queryset,
            lambda order: operations.cancel_order_for_operator(order_id=order.id),
            done="ended",
        )


@admin.register(TicketReplica)
class TicketReplicaAdmin(StaffModelAdmin):
    """Listings as tickets last published them."""

    list_display = ("id", "title", "price", "currency", "version", "withdrawn")
    list_filter = ("withdrawn",)
    search_fields = ("=id",)
