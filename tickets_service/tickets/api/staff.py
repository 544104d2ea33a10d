"""What staff see of listings, and may do: withdraw one."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contracts.staff import SUPPORT_ROLES
from marketplace.staff.searching import MatchesOutput, SearchInput, TodayOutput, read_query
from service_defaults.staff_api import ReasonInput, StaffAction, StaffView, act, read_reason
from tickets_service.tickets import operations, queries
from tickets_service.tickets.api.serializers import StaffTicketOutput


class SearchTickets(StaffView):
    """Listings by words or ids."""

    @extend_schema(parameters=[SearchInput], responses={200: MatchesOutput})
    def get(self, request: Request) -> Response:
        """Find listings by the beginnings of their words, by their id or their seller's."""
        return Response(MatchesOutput({"matches": queries.search(text=read_query(request))}).data)


class ShowTicketsToday(StaffView):
    """The numbers of the day."""

    @extend_schema(responses={200: TodayOutput})
    def get(self, request: Request) -> Response:
        """Show how much is on sale, and how much was listed today."""
        return Response(TodayOutput({"numbers": queries.count_today(now=timezone.now())}).data)


class StaffTicketDetail(StaffView):
    """Any listing."""

    @extend_schema(operation_id="getTicketForStaff", responses={200: StaffTicketOutput})
    def get(self, request: Request, ticket_id: UUID) -> Response:
        """Show a listing, a withdrawn one too."""
        return Response(StaffTicketOutput(queries.get_any_ticket(ticket_id=ticket_id)).data)


class WithdrawAnyTicket(StaffAction):
    """Take anybody's listing off sale."""

    action_roles = SUPPORT_ROLES

    @extend_schema(request=ReasonInput, responses={200: StaffTicketOutput})
    def post(self, request: Request, ticket_id: UUID) -> Response:
        """Withdraw a listing for a reason, unless it is held or sold."""
        reason = read_reason(request)
        act(
            request,
            on=queries.get_any_ticket(ticket_id=ticket_id),
            done="withdrawn",
            reason=reason,
            operation=lambda: operations.withdraw_ticket_for_operator(
                ticket_id=ticket_id, now=timezone.now()
            ),
        )
        return Response(StaffTicketOutput(queries.get_any_ticket(ticket_id=ticket_id)).data)
