"""What staff see of payments, and may do: refund one, and have one settled now."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contracts.staff import MONEY_ROLES
from marketplace.staff.searching import MatchesOutput, SearchInput, TodayOutput, read_query
from payments_service.payments import operations, queries
from payments_service.payments.api.serializers import (
    RefundInput,
    StaffPaymentFilterInput,
    StaffPaymentOutput,
    StaffPaymentWithEntriesOutput,
)
from service_defaults.clock import database_now
from service_defaults.paging import KeysetPagination
from service_defaults.staff_api import ReasonInput, StaffAction, StaffView, act, read_reason


class SearchPayments(StaffView):
    """Payments by ids and cards."""

    @extend_schema(parameters=[SearchInput], responses={200: MatchesOutput})
    def get(self, request: Request) -> Response:
        """Find payments by their id, order's or buyer's id, Stripe's id, or the card's last four digits."""
        return Response(MatchesOutput({"matches": queries.search(text=read_query(request))}).data)


class ShowPaymentsToday(StaffView):
    """The numbers of the day."""

    @extend_schema(responses={200: TodayOutput})
    def get(self, request: Request) -> Response:
        """Show today's payments by status, each with its sum, and how many payments are stuck."""
        now = database_now()
        numbers = queries.count_today(now=now, stuck_since=queries.stuck_since(now=now))
        return Response(TodayOutput({"numbers": numbers}).data)


class StaffPaymentList(StaffView):
    """Everybody's payments."""

    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="listPaymentsForStaff",
        parameters=[StaffPaymentFilterInput],
        responses={200: StaffPaymentOutput(many=True)},
    )
    def get(self, request: Request) -> Response:
        """List payments, newest first."""
        query = StaffPaymentFilterInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        filters = query.validated_data
        since = queries.stuck_since(now=database_now()) if filters.pop("stuck") else None
        payments = queries.list_any_payments(filters=filters, stuck_since=since)
        pages = KeysetPagination()
        page = pages.paginate_queryset(payments, request)
        return pages.get_paginated_response(StaffPaymentOutput(page, many=True).data)


class StaffPaymentDetail(StaffView):
    """Anybody's payment."""

    @extend_schema(operation_id="getPaymentForStaff", responses={200: StaffPaymentWithEntriesOutput})
    def get(self, request: Request, payment_id: UUID) -> Response:
        """Show a payment and what its money did."""
        return Response(_shown(payment_id))


class RefundPayment(StaffAction):
    """Give the money back."""

    action_roles = MONEY_ROLES
    needs_recent_login = True

    @extend_schema(request=RefundInput, responses={200: StaffPaymentWithEntriesOutput})
    def post(self, request: Request, payment_id: UUID) -> Response:
        """Have a captured payment refunded for a reason: all that is left, or an `amount` of it.

        Its order ends with a refund of all that is left; after one of a part the sale stands. Needs a sign-in
        within the last 10 minutes. The provider is requested at once. Repeated, a refund of all that is left
        changes nothing; one of a part is refused, since the payment has another `version`.
        """
        given = RefundInput(data=request.data)
        given.is_valid(raise_exception=True)
        payment = queries.get_any_payment(payment_id=payment_id)
        refund = given.validated_data
        amount = refund.get("amount")
        act(
            request,
            on=payment,
            done=f"refund of {amount} {payment.currency} requested" if amount else "refund requested",
            reason=refund["reason"],
            operation=lambda: operations.request_refund(payment_id=payment_id, now=database_now(), **refund),
        )
        return Response(_shown(payment_id))


class SettlePayment(StaffAction):
    """Bring it to its end now."""

    action_roles = MONEY_ROLES

    @extend_schema(request=ReasonInput, responses={200: StaffPaymentWithEntriesOutput})
    def post(self, request: Request, payment_id: UUID) -> Response:
        """Have the provider's state fetched, and go on from there: as near to the goal as it allows."""
        act(
            request,
            on=queries.get_any_payment(payment_id=payment_id),
            done="to be settled now",
            reason=read_reason(request),
            operation=lambda: operations.settle_now(payment_id=payment_id, now=database_now()),
        )
        return Response(_shown(payment_id))


def _shown(payment_id: UUID) -> dict[str, object]:
    shown: dict[str, object] = StaffPaymentWithEntriesOutput(
        queries.get_any_payment(payment_id=payment_id)
    ).data
    return shown
