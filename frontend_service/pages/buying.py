"""The buyer's pages: hold, pay, release, and follow an order."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import View

from frontend_service.clients.errors import ApiError, BusinessRuleViolation, NotFound, RequestInProgress
from frontend_service.clients.schemas import Order, Payment
from frontend_service.config.purchase_trace import keep_purchase
from frontend_service.pages import partials, security
from frontend_service.pages.context import takes_real_money
from frontend_service.pages.decorators import login_required
from frontend_service.pages.forms import KeyedForm, PayForm
from frontend_service.pages.messages import sentence_for
from frontend_service.pages.order_view import OrderOnPage, OrderState
from frontend_service.pages.visitor import PageRequest

#: The orders API's slug for a hold that was already extended.
_ALREADY_EXTENDED = "already-extended"


class HoldTicket(View):
    """Hold a ticket."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """A GET only redirects to the ticket."""
        return redirect("ticket", ticket_id)

    def post(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """Hold it and show the order, or show the error on the ticket's page."""
        form = KeyedForm(request.POST)
        form.is_valid()
        try:
            order = request.api.place_order(ticket_id, key=form.cleaned_data.get("key", ""))
        except NotFound:
            # It was withdrawn, or orders hasn't received it yet: the ticket's page shows which.
            messages.error(request, _("This ticket can't be held right now. Try again in a moment."))
            return redirect("ticket", ticket_id)
        except BusinessRuleViolation as error:
            messages.error(request, sentence_for(error))
            return redirect("ticket", ticket_id)
        except RequestInProgress:
            return redirect("orders")
        response = redirect("order", order.id)
        keep_purchase(response, path=response.url, secure=settings.SESSION_COOKIE_SECURE)
        return response


@method_decorator(login_required, name="get")
class OrderList(View):
    """The visitor's orders."""

    def get(self, request: PageRequest) -> HttpResponse:
        """Newest first."""
        page = request.api.list_orders(cursor=request.GET.get("cursor", ""))
        now = timezone.now()
        orders = [OrderOnPage(order=order, now=now) for order in page.items]
        return render(request, "pages/orders.html", {"orders": orders, "cursor": page.cursor})


@method_decorator(login_required, name="get")
class ShowOrder(View):
    """One order, with the actions that its state allows."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """The order's page."""
        return show_order(request, order_id, PayForm())


class OrderStatus(View):
    """The part of an order's page that its script polls.

    The orders API checks who may see it. Nothing in it names the visitor, so no call to accounts is needed.
    """

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """The partial, or 304 where the page has this version."""
        context = order_on_page(request, order_id, PayForm(), check_ticket=True)
        return partials.not_modified_or(
            request, context["etag"], lambda: render(request, "pages/_order_status.html", context)
        )


@method_decorator(login_required, name="get")
class Receipt(View):
    """What was bought, for how much and when; to print."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """The receipt; redirects to the order where it isn't paid."""
        context = order_on_page(request, order_id, PayForm())
        payment: Payment | None = context["payment"]
        if (
            context["view"].state is not OrderState.COMPLETE
            or payment is None
            or payment.status != "captured"
        ):
            return redirect("order", order_id)
        return render(request, "pages/receipt.html", context)


class PayOrder(View):
    """Pay with one of the test cards."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """A GET only redirects to the order."""
        return redirect("order", order_id)

    def post(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Pay and show the order; a declined card is an error on the form."""
        form = PayForm(request.POST)
        if form.is_valid():
            with form.show_api_errors():
                return self._pay(request, order_id, form)
        return show_order(request, order_id, form)

    def _pay(self, request: PageRequest, order_id: UUID, form: PayForm) -> HttpResponse:
        token, key = form.cleaned_data["token"], form.cleaned_data["key"]
        try:
            request.api.pay(order_id, token=token, key=key)
        except RequestInProgress:
            messages.info(request, _("Your payment is already being processed."))
        return redirect("order", order_id)


class ExtendOrder(View):
    """Extend a hold, once."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """A GET only redirects to the order."""
        return redirect("order", order_id)

    def post(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Extend it, or show the error on the order's page."""
        try:
            request.api.extend_order(order_id)
            messages.success(request, _("Your hold was extended."))
        except BusinessRuleViolation as error:
            if error.slug == _ALREADY_EXTENDED:
                # Sent twice: the hold is already extended.
                messages.info(request, _("You can extend a hold only once."))
            else:
                messages.error(request, sentence_for(error))
        return redirect("order", order_id)


class CancelOrder(View):
    """Release a held ticket."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """A GET only redirects to the order."""
        return redirect("order", order_id)

    def post(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Cancel it, or show the error on the order's page."""
        try:
            request.api.cancel_order(order_id)
        except BusinessRuleViolation as error:
            messages.error(request, sentence_for(error))
        return redirect("order", order_id)


def show_order(request: PageRequest, order_id: UUID, form: PayForm) -> HttpResponse:
    """The order's page. When payments is down, only the payment's state is missing."""
    context = order_on_page(request, order_id, form)
    response = render(request, "pages/order.html", context, status=form.status)
    if takes_real_money():
        response.headers["Content-Security-Policy"] = security.policy(security.STRIPE)
    return response


def order_on_page(
    request: PageRequest, order_id: UUID, form: PayForm, *, check_ticket: bool = False
) -> dict[str, Any]:
    """The context of an order's templates; with `check_ticket` whether an ended order's ticket is free."""
    order = request.api.get_order(order_id)
    payments, error = _payments_of(request, order_id)
    view = OrderOnPage(
        order=order,
        payments=payments,
        payments_down=error is not None,
        pays_in_browser=takes_real_money(),
        ticket_is_free=_is_free_again(request, order) if check_ticket else None,
        now=timezone.now(),
    )
    return {
        "view": view,
        "etag": partials.etag_of(view.version),
        "order": order,
        "payment": view.payment,
        "error": error,
        "form": form,
        "stripe_key": settings.STRIPE_PUBLISHABLE_KEY,
        "minor_units": int(order.ticket.price * 100),
        "try_again": reverse("order", args=[order_id]),
    }


def _is_free_again(request: PageRequest, order: Order) -> bool | None:
    """Whether an ended order's ticket is available; None before the end, or when tickets is down."""
    if order.status != OrderState.CANCELLED:
        return None
    try:
        ticket = request.api.get_ticket(order.ticket.id)
    except NotFound:
        return False
    except ApiError:
        return None
    # Tickets may not have received the end of this order yet.
    return ticket.order_id in (None, order.id)


def _payments_of(request: PageRequest, order_id: UUID) -> tuple[list[Payment], ApiError | None]:
    try:
        return request.api.list_payments(order_id), None
    except ApiError as error:
        return [], error
