"""Routes about one's own sessions and password."""

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
    """Where one is signed in."""

    @extend_schema(operation_id="listSessions", responses={200: serializers.SessionOutput(many=True)})
    def get(self, request: Request) -> Response:
        """List one's sessions, the latest used first."""
        asker = principal(request)
        sessions = queries.list_sessions(user_id=asker.id, now=timezone.now())
        context = {"current": asker.session_id}
        return Response(serializers.SessionOutput(sessions, many=True, context=context).data)

    @extend_schema(operation_id="signOutEverywhere", responses={204: OpenApiResponse(description="Ended")})
    def delete(self, request: Request) -> Response:
        """Sign out everywhere, here too."""
        asker = principal(request)
        with transaction.atomic():
            operations.end_sessions(
                user_id=asker.id, reason=Session.End.SIGNED_OUT_EVERYWHERE, now=timezone.now()
            )
        audit.log("sessions.ended", request, user=asker.id)
        response = Response(status=204)
        cookies.clear_auth_cookies(response)
        return response


class SessionDetail(APIView):
    """One of one's sessions."""

    @extend_schema(operation_id="endSession", responses={204: OpenApiResponse(description="Ended")})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """End it: its tokens are refused everywhere within moments."""
        asker = principal(request)
        with transaction.atomic():
            operations.end_own_session(session_id=session_id, user_id=asker.id, now=timezone.now())
        audit.log("session.ended", request, user=asker.id, session=session_id)
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
        """Change it. Every session ends, and a new one begins here."""
        given = serializers.ChangePasswordInput(data=request.data)
        given.is_valid(raise_exception=True)
        asker = principal(request)
        email = User.objects.values_list("email", flat=True).get(id=asker.id)
        with throttle_failed_logins(request, email):
            user = queries.check_password_of(
                user_id=asker.id, password=given.validated_data["currentPassword"]
            )
        serializers.check_password_rules(given.validated_data["password"], user=user)
        password_hash = make_password(given.validated_data["password"])
        with transaction.atomic():
            session = operations.change_password(
                user_id=asker.id,
                password_hash=password_hash,
                now=timezone.now(),
                client=client_of(request),
            )
        audit.log("password.changed", request, user=asker.id)
        if request.headers.get("Authorization"):
            return Response(serializers.TokenPairOutput(pair_for(session)).data)
        response = Response({})
        cookies.set_auth_cookies(response, pair_for(session))
        return response
