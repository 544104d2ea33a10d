"""What an operator sees of orders, and the one thing they may do: end a hold."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from contracts.staff import SUPPORT_ROLES
from marketplace.admin import RequestSearch
from orders_service.orders import operations, queries
from orders_service.orders.models import Order, Status, TicketReplica
from service_defaults.staff import StaffModelAdmin
from service_defaults.staff_pages import dashboard
from service_defaults.staff_pages.dashboard import Figure, Section, Table, alarm, list_url, row_link


class HoldFilter(admin.SimpleListFilter):
    """Which holds are open, and which of these should have expired."""

    title = "hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("open", "Open: neither paid nor released"), ("overdue", "Overdue: should have expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Return the orders of the choice."""
        match self.value():
            case "open":
                return queryset.filter(queries.is_open())
            case "overdue":
                return queryset.filter(queries.is_overdue(now=timezone.now()))
        return queryset


@admin.register(Order)
class OrderAdmin(RequestSearch):
    """Orders: find one by its id, its buyer or its ticket; follow it to its payments and events."""

    list_display = ("id", "ticket_title", "status", "price", "buyer", "expires_at", "cancel_reason")
    list_filter = (HoldFilter, "status", "cancel_reason", "created_at")
    search_fields = ("=id", "=user_id", "=ticket_id", "=payment_id", "=current_payment_id", "ticket_title")
    search_help_text = (
        "The id of an order, its buyer, ticket or payment, or of a request; or a ticket's title"
    )
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

    @admin.display(description="price", ordering="ticket_price")
    def price(self, order: Order) -> str:
        """Return the price with its currency."""
        return f"{order.ticket_price} {order.ticket_currency}"

    @admin.display(description="buyer", ordering="user_id")
    def buyer(self, order: Order) -> UUID:
        """Return the buyer's id, which links to the account."""
        return order.user_id

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
    search_fields = ("=id", "=seller_id", "title")
    search_help_text = "The id of a ticket or of its seller, or a title"


@dashboard.section(order=0)
def holds(request: HttpRequest) -> Section:
    """Return how many holds are open and overdue."""
    open_holds = Order.objects.filter(queries.is_open())
    overdue = Order.objects.filter(queries.is_overdue(now=timezone.now()))
    late, awaiting = overdue.count(), open_holds.filter(status=Status.AWAITING_PAYMENT).count()
    return Section(
        title="Holds",
        figures=(
            Figure(label="Holds open", value=open_holds.count(), url=list_url(Order, hold="open")),
            Figure(
                label="Awaiting payment",
                value=awaiting,
                url=list_url(Order, status__exact=Status.AWAITING_PAYMENT.value),
            ),
            Figure(
                label="Overdue",
                value=late,
                url=list_url(Order, hold="overdue"),
                note="should have expired",
                tone=alarm(late),
            ),
        ),
        tables=(_table("Overdue holds", overdue.order_by("expires_at"), hold="overdue"), _newest()),
    )


def _newest() -> Table:
    return _table("Newest orders", Order.objects.order_by("-id"))


def _table(title: str, orders: QuerySet[Order], **filters: str) -> Table:
    return Table(
        title=title,
        columns=("Order", "Ticket", "Status", "Hold expires"),
        rows=tuple(
            (row_link(order, order.id), order.ticket_title, order.get_status_display(), order.expires_at)
            for order in orders[: dashboard.SHOWN_ROWS]
        ),
        url=list_url(Order, **filters),
    )
