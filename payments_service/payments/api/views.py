"""The routes of payments: validate, pay or do one operation, shape the answer.

Paying calls the provider, so no transaction is opened for it here: `paying` opens its own, before and after.
"""

from uuid import UUID

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from payments_service.payments import operations, paying, queries
from payments_service.payments.api.serializers import (
    IntentOutput,
    OpenIntentInput,
    PaymentOutput,
    PayOrderInput,
)
from payments_service.payments.models import Payment
from payments_service.providers import get_provider
from service_defaults.authentication import principal
from service_defaults.clock import database_now
from service_defaults.idempotency.idempotent import idempotent_process
from service_defaults.idempotency.store import IN_OPENAPI, Key
from service_defaults.paging import KeysetPagination
from service_defaults.replication import wait_for_replica


class PaymentList(APIView):
    """The buyer's payments."""

    error_statuses = (402, 404)

    @extend_schema(
        operation_id="payOrder",
        parameters=[IN_OPENAPI],
        request=PayOrderInput,
        responses={201: PaymentOutput},
    )
    def post(self, request: Request) -> Response:
        """Pay for an order with a card token or a saved card.

        `requires_action` comes with a `clientSecret`: the buyer has to confirm with the bank (3-D Secure).
        """
        data = PayOrderInput(data=request.data)
        data.is_valid(raise_exception=True)

        def pay(key: Key | None) -> Payment:
            return paying.pay_order(
                order_id=_known_order(data.validated_data["orderId"]),
                buyer=principal(request).id,
                card=data.validated_data["token"],
                key=key,
            )

        def answer(payment: Payment) -> Response:
            return Response(PaymentOutput(payment).data, status=201)

        return idempotent_process(request, paying.PaymentProcess(pay), answer)

    @extend_schema(
        operation_id="listPayments",
        parameters=[OpenApiParameter("orderId", OpenApiTypes.UUID, description="Only those of this order")],
        responses={200: PaymentOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        """List the buyer's payments, newest first."""
        given = request.query_params.get("orderId")
        order_id = _order_id(given) if given else None
        pages = KeysetPagination()
        page = pages.paginate_queryset(
            queries.list_payments(buyer=principal(request).id, order_id=order_id), request
        )
        return pages.get_paginated_response(PaymentOutput(page, many=True).data)


class PaymentDetail(APIView):
    """One of the buyer's payments."""

    @extend_schema(operation_id="getPayment", responses={200: PaymentOutput})
    def get(self, request: Request, payment_id: UUID) -> Response:
        """Show it."""
        payment = queries.get_payment(payment_id=payment_id, buyer=principal(request).id)
        return Response(PaymentOutput(payment).data)


class OpenIntent(APIView):
    """An attempt that the buyer's browser confirms itself."""

    error_statuses = (402, 404)

    @extend_schema(
        operation_id="openIntent",
        parameters=[IN_OPENAPI],
        request=OpenIntentInput,
        responses={201: IntentOutput},
    )
    def post(self, request: Request) -> Response:
        """Begin, or go on with, a payment by the provider's script on a page."""
        data = OpenIntentInput(data=request.data)
        data.is_valid(raise_exception=True)
        context = {"publishable_key": get_provider().publishable_key}

        def open_intent(key: Key | None) -> Payment:
            return paying.open_intent(
                order_id=_known_order(data.validated_data["orderId"]), buyer=principal(request).id, key=key
            )

        def answer(payment: Payment) -> Response:
            return Response(IntentOutput(payment, context=context).data, status=201)

        return idempotent_process(request, paying.PaymentProcess(open_intent), answer)


class ReceiveWebhook(APIView):
    """The provider's webhook."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    # A provider sends all events from a few addresses, and signs each.
    throttle_classes = ()

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """Have the intent's state fetched soon: the event's own content may be out of date."""
        webhook = get_provider().read_webhook(request.body, request.headers)
        with transaction.atomic():
            operations.receive_webhook(
                event_id=webhook.id, type=webhook.type, intent_id=webhook.intent_id, now=database_now()
            )
        return Response({})


def _known_order(text: str) -> UUID:
    """Return the order's id once its replica is here: the order's event may still be on its way."""
    order_id = _order_id(text)
    wait_for_replica(queries.find_order, order_id)
    return order_id


def _order_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise operations.OrderNotFound from None
