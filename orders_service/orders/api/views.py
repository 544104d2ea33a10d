"""The routes of orders: validate, open the transaction, call one operation, shape the answer."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders_service.orders import metrics, operations, queries
from orders_service.orders.api.serializers import (
    HistoryEntryOutput,
    HoldTermsOutput,
    OrderOutput,
    OrderWithHistoryOutput,
    PlaceOrderInput,
)
from orders_service.orders.models import Order
from service_defaults.authentication import principal
from service_defaults.clock import database_now
from service_defaults.conditional import etag_for, not_modified
from service_defaults.idempotency.idempotent import idempotent
from service_defaults.idempotency.store import IN_OPENAPI
from service_defaults.paging import KeysetPagination
from service_defaults.replication import wait_for_replica


class OrderList(APIView):
    """The buyer's orders."""

    error_statuses = (404,)

    @extend_schema(
        operation_id="placeOrder",
        parameters=[IN_OPENAPI],
        request=PlaceOrderInput,
        responses={201: OrderOutput},
    )
    def post(self, request: Request) -> Response:
        """Hold a ticket. Only the first of several buyers gets it."""
        data = PlaceOrderInput(data=request.data)
        data.is_valid(raise_exception=True)
        ticket_id = _ticket_id(data.validated_data["ticketId"])
        wait_for_replica(queries.find_ticket, ticket_id)

        def place() -> Response:
            order = operations.place_order(
                buyer_id=principal(request).id,
                ticket_id=ticket_id,
                hold=timedelta(seconds=settings.HOLD_SECONDS),
                now=database_now(),
            )
            return _answer(order, status=201)

        with metrics.counting_refusals():
            return idempotent(request, place)

    @extend_schema(operation_id="listOrders", responses={200: OrderOutput(many=True)})
    def get(self, request: Request) -> Response:
        """List one's own orders, newest first."""
        pages = KeysetPagination()
        page = pages.paginate_queryset(queries.list_orders(buyer_id=principal(request).id), request)
        return pages.get_paginated_response(OrderOutput(page, many=True).data)


class OrderDetail(APIView):
    """One of the buyer's orders."""

    @extend_schema(operation_id="getOrder", responses={200: OrderWithHistoryOutput})
    def get(self, request: Request, order_id: UUID) -> Response:
        """Show it and what happened to it; with `If-None-Match` only when it has changed."""
        order = queries.get_order(order_id=order_id, buyer_id=principal(request).id)
        if not_modified(request, etag_for(order.version)):
            return Response(status=304, headers={"ETag": etag_for(order.version)})
        answer = _answer(order)
        answer.data["history"] = HistoryEntryOutput(queries.list_history(order_id=order.id), many=True).data
        return answer

    @extend_schema(operation_id="cancelOrder", responses={204: OpenApiResponse(description="Cancelled")})
    def delete(self, request: Request, order_id: UUID) -> Response:
        """Cancel it, unless it is paid."""
        with transaction.atomic():
            operations.cancel_order(order_id=order_id, buyer_id=principal(request).id)
        return Response(status=204)


class HoldTerms(APIView):
    """What a buyer may know before the first hold."""

    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(operation_id="getHoldTerms", responses={200: HoldTermsOutput})
    def get(self, request: Request) -> Response:
        """Show how long a hold lasts."""
        return Response(HoldTermsOutput({"holdSeconds": settings.HOLD_SECONDS}).data)


class ExtendOrder(APIView):
    """More time for one hold."""

    @extend_schema(operation_id="extendOrder", request=None, responses={200: OrderOutput})
    def post(self, request: Request, order_id: UUID) -> Response:
        """Add the order's `extensionSeconds`, once."""
        with transaction.atomic():
            order = operations.extend_order(
                order_id=order_id, buyer_id=principal(request).id, now=database_now()
            )
        return _answer(order)


def _ticket_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise operations.TicketNotFound from None


def _answer(order: Order, status: int = 200) -> Response:
    return Response(OrderOutput(order).data, status=status, headers={"ETag": etag_for(order.version)})
