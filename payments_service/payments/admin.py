"""What an operator sees of payments, and the one thing they may do: give money back."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from payments_service.payments import operations
from payments_service.payments.models import OrderCopy, Payment, StripeEvent, UserCopy
from service_defaults.clock import database_now
from service_defaults.operators import OperatorAdmin


class ReasonForm(ActionForm):
    """The bar of actions, with room for the reason that goes into the payment's history."""

    reason = forms.CharField(max_length=150, required=False, label="Reason:")


@admin.register(Payment)
class PaymentAdmin(OperatorAdmin):
    """Payments: find one by its id, order, buyer or Stripe's id; unfinished ones have a due time."""

    list_display = (
        "id",
        "status",
        "amount",
        "currency",
        "order_link",
        "buyer",
        "reason",
        "created_at",
        "due_at",
    )
    list_filter = ("status", ("due_at", admin.EmptyFieldListFilter), "in_browser", "created_at")
    search_fields = ("=id", "=order__id", "=buyer", "=intent_id")
    ordering = ("-id",)
    list_select_related = ("order",)
    exclude = ("client_secret",)
    readonly_fields = ("order_link", "events")
    action_form = ReasonForm
    actions = ("refund",)

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

    @admin.action(description="Refund in full (captured payments; give a reason)", permissions=["view"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Have each selected payment given back, for the reason given; its order ends with it."""
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
            done=f"refund asked for: {reason}",
        )


@admin.register(OrderCopy)
class OrderCopyAdmin(OperatorAdmin):
    """Orders as orders last told them."""

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


@admin.register(UserCopy)
class UserCopyAdmin(OperatorAdmin):
    """Users' standing as auth last told it."""

    list_display = ("id", "status")
    list_filter = ("status",)
    search_fields = ("=id",)


@admin.register(StripeEvent)
class StripeEventAdmin(OperatorAdmin):
    """What Stripe told by webhook, of late."""

    list_display = ("id", "type", "intent_id", "received_at")
    list_filter = ("type",)
    search_fields = ("=id", "=intent_id")
    ordering = ("-received_at",)
