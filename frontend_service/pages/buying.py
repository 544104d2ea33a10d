"""The buyer's side: hold, pay, give back, and see what became of it."""

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
from frontend_service.pages import partials, security
from frontend_service.pages.context import takes_real_money
from frontend_service.pages.decorators import login_required
from frontend_service.pages.forms import KeyedForm, PayForm
from frontend_service.pages.messages import sentence_for
from frontend_service.pages.order_view import OrderOnPage, OrderStage
from frontend_service.pages.visitor import PageRequest

#: Orders' word for a hold that was extended before.
_ALREADY_EXTENDED = "already-extended"


class HoldTicket(View):
    """Hold a ticket."""

    def get(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """Only a form does this; whoever comes by a link sees the ticket."""
        return redirect("ticket", ticket_id)

    def post(self, request: PageRequest, ticket_id: UUID) -> HttpResponse:
        """Hold it and show the order, or say on the ticket's page why not."""
        form = KeyedForm(request.POST)
        form.is_valid()
        try:
            order = request.api.place_order(ticket_id, key=form.cleaned_data.get("key", ""))
        except NotFound:
            # Its own page knows better: it is gone, or so new that orders hasn't heard of it yet.
            messages.error(request, _("This ticket can't be held right now. Try again in a moment."))
            return redirect("ticket", ticket_id)
        except BusinessRuleViolation as error:
            messages.error(request, sentence_for(error))
            return redirect("ticket", ticket_id)
        except RequestInProgress:
            return redirect("orders")
        return redirect("order", order.id)


@method_decorator(login_required, name="get")
class Orders(View):
    """The visitor's orders."""

    def get(self, request: PageRequest) -> HttpResponse:
        """Newest first."""
        page = request.api.list_orders(cursor=request.GET.get("cursor", ""))
        now = timezone.now()
        orders = [OrderOnPage(order=order, now=now) for order in page.items]
        return render(request, "pages/orders.html", {"orders": orders, "cursor": page.cursor})


@method_decorator(login_required, name="get")
class ShowOrder(View):
    """One order, in whatever state it is, with what can be done about it."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """The order's page."""
        return show_order(request, order_id, PayForm())


class OrderStatus(View):
    """The part of an order's page that changes by itself; the page's script asks for it while it waits.

    The orders API says who may see it: nothing in it names the visitor, so accounts needn't be asked.
    """

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """The part, or 304 where the page has it already."""
        context = order_on_page(request, order_id, PayForm(), ask_for_ticket=True)
        return partials.not_modified_or(
            request, context["etag"], lambda: render(request, "pages/_order_status.html", context)
        )


@method_decorator(login_required, name="get")
class Receipt(View):
    """What was bought, for how much and when, to print or to keep."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """The receipt; an order that isn't paid has none, and shows its own page instead."""
        context = order_on_page(request, order_id, PayForm())
        payment: Payment | None = context["payment"]
        if (
            context["view"].stage is not OrderStage.COMPLETE
            or payment is None
            or payment.status != "captured"
        ):
            return redirect("order", order_id)
        return render(request, "pages/receipt.html", context)


class PayOrder(View):
    """Pay with one of the test cards."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Only a form does this; whoever comes by a link or by reloading sees the order."""
        return redirect("order", order_id)

    def post(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Pay and show what became of it; a decline is said beside the card."""
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
    """Hold a ticket a little longer, once."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Only a form does this; whoever comes by a link sees the order."""
        return redirect("order", order_id)

    def post(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Extend it, or say on its page why not."""
        try:
            request.api.extend_order(order_id)
            messages.success(request, _("Your hold was extended by five minutes."))
        except BusinessRuleViolation as error:
            if error.slug == _ALREADY_EXTENDED:
                # Sent twice: what was asked for is so.
                messages.info(request, _("You can extend a hold only once."))
            else:
                messages.error(request, sentence_for(error))
        return redirect("order", order_id)


class CancelOrder(View):
    """Give a held ticket back."""

    def get(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Only a form does this; whoever comes by a link sees the order."""
        return redirect("order", order_id)

    def post(self, request: PageRequest, order_id: UUID) -> HttpResponse:
        """Cancel it, or say on its page why not."""
        try:
            request.api.cancel_order(order_id)
        except BusinessRuleViolation as error:
            messages.error(request, sentence_for(error))
        return redirect("order", order_id)


def show_order(request: PageRequest, order_id: UUID, form: PayForm) -> HttpResponse:
    """The order's page. Payments being down takes only what is said about money with it."""
    context = order_on_page(request, order_id, form)
    response = render(request, "pages/order.html", context, status=form.status)
    if takes_real_money():
        response.headers["Content-Security-Policy"] = security.policy(security.STRIPE)
    return response


def order_on_page(
    request: PageRequest, order_id: UUID, form: PayForm, *, ask_for_ticket: bool = False
) -> dict[str, Any]:
    """What an order's templates need. With `ask_for_ticket` an ended one says whether it can be had again."""
    order = request.api.get_order(order_id)
    payments, trouble = _payments_of(request, order_id)
    view = OrderOnPage(
        order=order,
        payments=payments,
        payments_down=trouble is not None,
        pays_in_browser=takes_real_money(),
        ticket_is_free=_is_free_again(request, order) if ask_for_ticket else None,
        now=timezone.now(),
    )
    return {
        "view": view,
        "etag": partials.etag_of(view.state),
        "order": order,
        "payment": view.payment,
        "trouble": trouble,
        "form": form,
        "stripe_key": settings.STRIPE_PUBLISHABLE_KEY,
        "minor_units": int(order.ticket.price * 100),
        "try_again": reverse("order", args=[order_id]),
    }


def _is_free_again(request: PageRequest, order: Order) -> bool | None:
    """Whether an ended order's ticket can be had; None while the order lives, or when tickets can't say."""
    if order.status != OrderStage.CANCELLED:
        return None
    try:
        ticket = request.api.get_ticket(order.ticket.id)
    except NotFound:
        return False
    except ApiError:
        return None
    # Tickets may not have heard yet that this very order ended.
    return ticket.order_id in (None, order.id)


def _payments_of(request: PageRequest, order_id: UUID) -> tuple[list[Payment], ApiError | None]:
    try:
        return request.api.list_payments(order_id), None
    except ApiError as error:
        return [], error
