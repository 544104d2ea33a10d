"""What operators see of payments, and what they may do: refund one, and have one settled now."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from contracts.staff import MONEY_ROLES
from marketplace.admin import RequestSearch
from payments_service.payments import operations, queries
from payments_service.payments.models import LedgerEntry, OrderReplica, Payment, Status, StripeEvent
from service_defaults.clock import database_now
from service_defaults.staff import StaffModelAdmin, require_recent_login
from service_defaults.staff_pages import dashboard
from service_defaults.staff_pages.dashboard import Figure, Section, Table, alarm, list_url, row_link


class ReasonForm(ActionForm):
    """The bar of actions, with room for the reason that goes into the payment's history."""

    reason = forms.CharField(max_length=150, required=False, label="Reason:")


class AttentionFilter(admin.SimpleListFilter):
    """Filter for payments that need an operator's attention."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [
            ("stuck", f"Stuck: nothing moved for {settings.STUCK_SECONDS} s"),
            ("ending", f"Authorised over {queries.AUTHORISATION_AGES.days} days ago"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        """Return the payments of the choice."""
        if self.value() == "stuck":
            return _stuck(queryset)
        if self.value() == "ending":
            return queryset.filter(queries.near_the_end_of_authorisation(now=database_now()))
        return queryset


def _stuck(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    return payments.filter(queries.stuck(since=queries.stuck_since(now=database_now())))


class EntriesOfAPayment(admin.TabularInline):  # type: ignore[type-arg]  # can't be subscripted at run time
    """What a payment's money did, on the payment's own page."""

    model = LedgerEntry
    fields = readonly_fields = ("movement", "held", "taken", "currency", "recorded_at")
    ordering = ("id",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries come from operations alone."""
        return False


@admin.register(Payment)
class PaymentAdmin(RequestSearch):
    """Payments: find one by its id, order, buyer or intent; unsettled ones have a due time."""

    list_display = (
        "id",
        "status",
        "amount_in_currency",
        "order_link",
        "buyer",
        "reason",
        "next_actor",
        "created_at",
        "due_at",
    )
    list_filter = (
        AttentionFilter,
        "status",
        ("due_at", admin.EmptyFieldListFilter),
        "in_browser",
        "created_at",
    )
    search_fields = ("=id", "=order__id", "=buyer", "intent_id__exact", "card_last4__exact")
    search_help_text = (
        "The id of a payment, its order, its buyer or a request; its intent (pi_…); a card's last digits"
    )
    ordering = ("-id",)
    list_select_related = ("order",)
    exclude = ("client_secret", "next_action_url")
    readonly_fields = ("order_link", "events")
    action_form = ReasonForm
    action_roles = MONEY_ROLES
    actions = ("refund", "settle_now")

    @admin.display(description="amount", ordering="amount")
    def amount_in_currency(self, payment: Payment) -> str:
        """Return the amount with its currency."""
        return f"{payment.amount} {payment.currency}"

    @admin.display(description="order")
    def order_link(self, payment: Payment) -> str:
        """Return a link to the order in the orders' own admin."""
        return format_html(
            '<a href="/admin/orders/orders/order/{}/change/">{}</a>', payment.order_id, payment.order_id
        )

    @admin.display(description="events")
    def events(self, payment: Payment) -> str:
        """Return a link to what was recorded about the payment."""
        return format_html('<a href="/admin/payments/shared_events/loggedevent/?q={}">Events</a>', payment.id)

    @admin.action(description="Refund in full (captured payments; give a reason)", permissions=["act"])
    @require_recent_login
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Have each selected payment refunded, for the reason given; its order ends with it."""
        reason = request.POST.get("reason", "").strip()[:150]
        if not reason:
            self.message_user(request, "Say why: the reason goes into the payment's history", messages.ERROR)
            return
        self.for_each(
            request,
            queryset,
            lambda payment: operations.request_refund(
                payment_id=payment.id, reason=reason, now=database_now()
            ),
            done=f"refund requested: {reason}",
        )

    @admin.action(
        description="Settle now (fetch the provider's state, and go on from there)", permissions=["act"]
    )
    def settle_now(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Have each selected payment brought as near to its goal as the provider allows."""
        self.for_each(
            request,
            queryset,
            lambda payment: operations.settle_now(payment_id=payment.id, now=database_now()),
            done="to be settled now",
        )


@admin.register(LedgerEntry)
class LedgerEntryAdmin(StaffModelAdmin):
    """What happened to the money, entry by entry."""

    list_display = ("id", "recorded_at", "movement", "held", "taken", "currency", "payment_id")
    list_filter = ("movement", "currency", "recorded_at")
    search_fields = ("=payment__id", "=payment__order__id", "payment__intent_id__exact")
    search_help_text = "The id of a payment or its order, or Stripe's id of its intent (pi_…)"
    ordering = ("-id",)
    raw_id_fields = ("payment",)


@admin.register(OrderReplica)
class OrderReplicaAdmin(StaffModelAdmin):
    """The replicas of orders."""

    list_display = (
        "id",
        "status",
        "amount",
        "currency",
        "buyer",
        "expires_at",
        "payment_id",
        "cancel_reason",
    )
    list_filter = ("status", "cancel_reason")
    search_fields = ("=id", "=buyer", "=payment_id")
    search_help_text = "The id of an order, its buyer or its payment"
    ordering = ("-id",)


@admin.register(StripeEvent)
class StripeEventAdmin(StaffModelAdmin):
    """The latest webhooks."""

    list_display = ("id", "type", "intent_id", "received_at")
    list_filter = ("type",)
    search_fields = ("id__exact", "intent_id__exact")
    search_help_text = "Stripe's id of a webhook (evt_…) or of an intent (pi_…)"
    ordering = ("-received_at",)


@dashboard.section(order=0)
def payments(request: HttpRequest) -> Section:
    """Return what to look at, and the payments of each status: one pass over the table."""
    stuck = _stuck(Payment.objects.all())
    ending = Payment.objects.filter(queries.near_the_end_of_authorisation(now=database_now())).count()
    late = stuck.count()
    return Section(
        title="Payments",
        figures=(
            Figure(
                label="Stuck",
                value=late,
                url=list_url(Payment, attention="stuck"),
                note=f"nothing moved for {settings.STUCK_SECONDS} s",
                tone=alarm(late),
            ),
            Figure(
                label="Authorisation ends soon",
                value=ending,
                url=list_url(Payment, attention="ending"),
                tone=alarm(ending, "warn"),
            ),
            *_by_status(),
        ),
        tables=(_table("Stuck payments", stuck.order_by("due_at"), attention="stuck"), _newest()),
    )


def _by_status() -> list[Figure]:
    counts = dict(Payment.objects.order_by().values_list("status").annotate(Count("id")))
    return [
        Figure(
            label=status.label.capitalize(),
            value=counts.get(status, 0),
            url=list_url(Payment, status__exact=status.value),
        )
        for status in Status
    ]


def _newest() -> Table:
    return _table("Newest payments", Payment.objects.order_by("-id"))


def _table(title: str, rows: QuerySet[Payment], **filters: str) -> Table:
    return Table(
        title=title,
        columns=("Payment", "Status", "Amount", "Waits for"),
        rows=tuple(
            (
                row_link(payment, payment.id),
                payment.get_status_display(),
                f"{payment.amount} {payment.currency}",
                payment.next_actor,
            )
            for payment in rows.select_related("order")[: dashboard.SHOWN_ROWS]
        ),
        url=list_url(Payment, **filters),
    )
