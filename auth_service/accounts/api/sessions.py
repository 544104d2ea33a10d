"""Views of the user's own sessions and password."""

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from auth_service.accounts import operations, queries
from auth_service.accounts.api import cookies, serializers
from auth_service.accounts.api.clients import client_of
from auth_service.accounts.api.login_throttle import throttle_failed_logins
from auth_service.accounts.models import Session, User
from auth_service.credentials.tokens import pair_for
from service_defaults import audit
from service_defaults.authentication import principal


class SessionList(APIView):
    """The user's sessions."""

    @extend_schema(operation_id="listSessions", responses={200: serializers.SessionOutput(many=True)})
    def get(self, request: Request) -> Response:
        """List the user's sessions, the latest used first."""
        user = principal(request)
        sessions = queries.list_sessions(user_id=user.id, now=timezone.now())
        context = {"current": user.session_id}
        return Response(serializers.SessionOutput(sessions, many=True, context=context).data)

    @extend_schema(operation_id="signOutEverywhere", responses={204: OpenApiResponse(description="Ended")})
    def delete(self, request: Request) -> Response:
        """End every session, the present one too."""
        user = principal(request)
        with transaction.atomic():
            operations.end_sessions(
                user_id=user.id, reason=Session.End.SIGNED_OUT_EVERYWHERE, now=timezone.now()
            )
        audit.log("sessions.ended", request, user=user.id)
        response = Response(status=204)
        cookies.clear_auth_cookies(response)
        return response


class SessionDetail(APIView):
    """One of the user's sessions."""

    @extend_schema(operation_id="endSession", responses={204: OpenApiResponse(description="Ended")})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """End it: its tokens are refused everywhere within moments."""
        user = principal(request)
        with transaction.atomic():
            operations.end_own_session(session_id=session_id, user_id=user.id, now=timezone.now())
        audit.log("session.ended", request, user=user.id, session=session_id)
        return Response(status=204)


class ChangePassword(APIView):
    """Change password."""

    @extend_schema(
        request=serializers.ChangePasswordInput,
        responses={
            200: OpenApiResponse(
                serializers.TokenPairOutput, "The new pair; empty where it went into cookies"
            )
        },
    )
    def post(self, request: Request) -> Response:
        """Change the password. Every session ends, and a new one is opened for this client."""
        given = serializers.ChangePasswordInput(data=request.data)
        given.is_valid(raise_exception=True)
        user = principal(request)
        email = User.objects.values_list("email", flat=True).get(id=user.id)
        with throttle_failed_logins(request, email):
            account = queries.check_password_of(
                user_id=user.id, password=given.validated_data["currentPassword"]
            )
        serializers.check_password_rules(given.validated_data["password"], user=account)
        password_hash = make_password(given.validated_data["password"])
        with transaction.atomic():
            session = operations.change_password(
                user_id=user.id,
                password_hash=password_hash,
                now=timezone.now(),
                client=client_of(request),
            )
        audit.log("password.changed", request, user=user.id)
        if request.headers.get("Authorization"):
            return Response(serializers.TokenPairOutput(pair_for(session)).data)
        response = Response({})
        cookies.set_auth_cookies(response, pair_for(session))
        return response
