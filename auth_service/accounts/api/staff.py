"""Views of what staff see of accounts, and of suspending and reinstating one."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from auth_service.accounts import operations, queries
from auth_service.accounts.api import serializers
from contracts.staff import SUPPORT_ROLES
from marketplace.staff.searching import MatchesOutput, SearchInput, TodayOutput, read_query
from service_defaults.authentication import principal
from service_defaults.staff_api import ReasonInput, StaffAction, StaffView, act, read_reason


class SearchAccounts(StaffView):
    """Accounts by address or id."""

    @extend_schema(parameters=[SearchInput], responses={200: MatchesOutput})
    def get(self, request: Request) -> Response:
        """Find accounts by the beginning of their e-mail address, or by their id."""
        return Response(MatchesOutput({"matches": queries.search(text=read_query(request))}).data)


class ShowAccountsToday(StaffView):
    """The numbers of the day."""

    @extend_schema(responses={200: TodayOutput})
    def get(self, request: Request) -> Response:
        """Show how many signed up today, and how many accounts are suspended."""
        return Response(TodayOutput({"numbers": queries.count_today(now=timezone.now())}).data)


class StaffAccountDetail(StaffView):
    """Anybody's account."""

    @extend_schema(responses={200: serializers.StaffAccountWithSessionsOutput})
    def get(self, request: Request, user_id: UUID) -> Response:
        """Show an account with its newest sessions."""
        shown = serializers.StaffAccountOutput(queries.get_user(user_id=user_id)).data
        sessions = queries.list_latest_sessions(user_id=user_id)
        return Response({**shown, "sessions": serializers.StaffSessionOutput(sessions, many=True).data})


class SuspendAccount(StaffAction):
    """End an account's sessions and refuse its sign-in."""

    action_roles = SUPPORT_ROLES

    @extend_schema(request=ReasonInput, responses={200: serializers.StaffAccountOutput})
    def post(self, request: Request, user_id: UUID) -> Response:
        """Suspend an account for a reason: every service refuses its tokens within moments."""
        operator_id, now = principal(request).id, timezone.now()
        user = act(
            request,
            on=queries.get_user(user_id=user_id),
            done="suspended",
            reason=read_reason(request),
            operation=lambda: operations.suspend_user(user_id=user_id, operator_id=operator_id, now=now),
        )
        return Response(serializers.StaffAccountOutput(user).data)


class ReinstateAccount(StaffAction):
    """Lift a suspension."""

    action_roles = SUPPORT_ROLES

    @extend_schema(request=ReasonInput, responses={200: serializers.StaffAccountOutput})
    def post(self, request: Request, user_id: UUID) -> Response:
        """Make a suspended account active again, for a reason."""
        user = act(
            request,
            on=queries.get_user(user_id=user_id),
            done="reinstated",
            reason=read_reason(request),
            operation=lambda: operations.reinstate_user(user_id=user_id),
        )
        return Response(serializers.StaffAccountOutput(user).data)
