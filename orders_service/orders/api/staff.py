"""What staff see of orders, and may do: release a hold."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contracts.staff import SUPPORT_ROLES
from marketplace.staff.searching import MatchesOutput, SearchInput, TodayOutput, read_query
from orders_service.orders import operations, queries
from orders_service.orders.api.serializers import (
    HistoryEntryOutput,
    StaffOrderFilterInput,
    StaffOrderOutput,
    StaffOrderWithHistoryOutput,
)
from service_defaults.clock import database_now
from service_defaults.paging import KeysetPagination
from service_defaults.staff_api import ReasonInput, StaffAction, StaffView, act, read_reason


class SearchOrders(StaffView):
    """Orders by ids."""

    @extend_schema(parameters=[SearchInput], responses={200: MatchesOutput})
    def get(self, request: Request) -> Response:
        """Find orders by their id, their buyer's, ticket's, payment's or request's."""
        return Response(MatchesOutput({"matches": queries.search(text=read_query(request))}).data)


class ShowOrdersToday(StaffView):
    """The numbers of the day."""

    @extend_schema(responses={200: TodayOutput})
    def get(self, request: Request) -> Response:
        """Show how many holds are open, and what became of those of today."""
        return Response(TodayOutput({"numbers": queries.count_today(now=database_now())}).data)


class StaffOrderList(StaffView):
    """Everybody's orders."""

    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="listOrdersForStaff",
        parameters=[StaffOrderFilterInput],
        responses={200: StaffOrderOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        """List orders, newest first."""
        query = StaffOrderFilterInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        pages = KeysetPagination()
        page = pages.paginate_queryset(queries.list_any_orders(filters=query.validated_data), request)
        return pages.get_paginated_response(StaffOrderOutput(page, many=True).data)


class StaffOrderDetail(StaffView):
    """Anybody's order."""

    @extend_schema(operation_id="getOrderForStaff", responses={200: StaffOrderWithHistoryOutput})
    def get(self, request: Request, order_id: UUID) -> Response:
        """Show an order and what happened to it."""
        shown = StaffOrderOutput(queries.get_any_order(order_id=order_id)).data
        history = HistoryEntryOutput(queries.list_history(order_id=order_id), many=True).data
        return Response({**shown, "history": history})


class ReleaseOrder(StaffAction):
    """End anybody's hold."""

    action_roles = SUPPORT_ROLES

    @extend_schema(request=ReasonInput, responses={200: StaffOrderOutput})
    def post(self, request: Request, order_id: UUID) -> Response:
        """Release a hold for a reason, unless it is paid; one that has ended stays as it is."""
        order = act(
            request,
            on=queries.get_any_order(order_id=order_id),
            done="released",
            reason=read_reason(request),
            operation=lambda: operations.cancel_order_for_operator(order_id=order_id),
        )
        return Response(StaffOrderOutput(order).data)
