"""What operators see of payments, and what they may do: refund one, and have one settled now."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from contracts.staff import MONEY_ROLES
from payments_service.payments import operations, queries
from payments_service.payments.models import LedgerEntry, OrderReplica, Payment, StripeEvent
from service_defaults.clock import database_now
from service_defaults.staff import StaffModelAdmin, require_recent_login


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
        now = database_now()
        if self.value() == "stuck":
            return queryset.filter(queries.stuck(since=now - timedelta(seconds=settings.STUCK_SECONDS)))
        if self.value() == "ending":
            return queryset.filter(queries.near_the_end_of_authorisation(now=now))
        return queryset


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
class PaymentAdmin(StaffModelAdmin):
    """Payments: find one by its id, order, buyer or intent; unsettled ones have a due time."""

    list_display = (
        "id",
        "status",
        "amount",
        "currency",
        "order_link",
        "buyer",
        "reason_code",
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
    search_fields = ("=id", "=order__id", "=buyer", "=intent_id", "=card_last4")
    ordering = ("-id",)
    list_select_related = ("order",)
    exclude = ("client_secret", "next_action_url")
    readonly_fields = ("order_link", "events")
    action_form = ReasonForm
    action_roles = MONEY_ROLES
    actions = ("refund", "settle_now")

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
    search_fields = ("=payment__id", "=payment__order__id")
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
    ordering = ("-id",)


@admin.register(StripeEvent)
class StripeEventAdmin(StaffModelAdmin):
    """The latest webhooks."""

    list_display = ("id", "type", "intent_id", "received_at")
    list_filter = ("type",)
    search_fields = ("=id", "=intent_id")
    ordering = ("-received_at",)
