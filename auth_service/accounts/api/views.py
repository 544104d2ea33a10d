"""Views of sign-up, sign-in, refresh and sign-out, of the current user, and of the public keys."""

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from auth_service.accounts import operations, queries
from auth_service.accounts.api import cookies, serializers
from auth_service.accounts.api.clients import client_of
from auth_service.accounts.api.login_throttle import throttle_failed_logins
from auth_service.accounts.models import Session
from auth_service.credentials.tokens import InvalidRefreshToken, TokenPair, pair_for, read_refresh
from service_defaults import audit, client_ip, keys
from service_defaults.authentication import Principal, SignatureOnlyAuthentication, require_same_origin
from service_defaults.errors import NotSignedIn


class SignUp(APIView):
    """Create an account and sign it in."""

    rate = "sign-ups"
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=serializers.SignUpInput, responses={201: serializers.AccountOutput})
    def post(self, request: Request) -> Response:
        """Create an account; the response sets its session's cookies."""
        given = serializers.SignUpInput(data=request.data)
        given.is_valid(raise_exception=True)
        password_hash = make_password(given.validated_data["password"])
        with transaction.atomic():
            session = operations.sign_up(
                email=given.validated_data["email"],
                password_hash=password_hash,
                now=timezone.now(),
                client=client_of(request),
            )
        audit.log("account.made", request, user=session.user_id)
        response = Response(serializers.AccountOutput(session.user).data, status=status.HTTP_201_CREATED)
        cookies.set_auth_cookies(response, pair_for(session))
        return response


class SignIn(APIView):
    """Open a session for a browser."""

    rate = "sign-ins"
    error_statuses = (403,)
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=serializers.CredentialsInput, responses=serializers.AccountOutput)
    def post(self, request: Request) -> Response:
        """Sign in; the response sets the session's cookies."""
        session = _session_for_credentials(request)
        response = Response(serializers.AccountOutput(session.user).data)
        cookies.set_auth_cookies(response, pair_for(session))
        return response


class IssueToken(APIView):
    """Open a session for an API client."""

    rate = "sign-ins"
    error_statuses = (403,)
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=serializers.CredentialsInput, responses=serializers.TokenPairOutput)
    def post(self, request: Request) -> Response:
        """Sign in; the tokens are in the body, for `Authorization: Bearer`."""
        return Response(serializers.TokenPairOutput(pair_for(_session_for_credentials(request))).data)


class RefreshSession(APIView):
    """Exchange a refresh token for a new pair. A used one ends its whole session."""

    error_statuses = (401, 403)
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        request=serializers.RefreshInput,
        responses={
            200: OpenApiResponse(
                serializers.TokenPairOutput, "The new pair; empty where it went into cookies"
            )
        },
    )
    def post(self, request: Request) -> Response:
        """Refresh by the body's token, else by the browser's cookie."""
        given = serializers.RefreshInput(data=request.data)
        given.is_valid(raise_exception=True)
        if token := given.validated_data.get("refresh"):
            return Response(serializers.TokenPairOutput(_refreshed(request, token)).data)
        require_same_origin(request)
        # A browser's tokens stay in its cookies, which scripts can't read.
        response = Response({})
        cookies.set_auth_cookies(response, _refreshed(request, cookies.refresh_token(request)))
        return response

    def handle_exception(self, exc: Exception) -> Response:
        """Clear the cookies of a session that has ended; keep them after other errors."""
        response = super().handle_exception(exc)
        if isinstance(exc, NotSignedIn | operations.AccountSuspended):
            cookies.clear_auth_cookies(response)
        return response


class SignOut(APIView):
    """End the session."""

    authentication_classes = (SignatureOnlyAuthentication,)
    permission_classes = (AllowAny,)

    @extend_schema(
        request=None,
        responses={200: OpenApiResponse(description="Signed out")},
        auth=[{"bearer": []}, {"cookie": []}],  # type: ignore[list-item]  # they are requirements
    )
    def post(self, request: Request) -> Response:
        """End the session and clear the cookies. It succeeds without a session too."""
        session_id = _session_to_end(request)
        if session_id is not None:
            with transaction.atomic():
                operations.end_session(
                    session_id=session_id, reason=Session.End.SIGNED_OUT, now=timezone.now()
                )
            audit.log("signed_out", request, session=session_id)
        response = Response({})
        cookies.clear_auth_cookies(response)
        return response


class CurrentUser(APIView):
    """The signed-in account."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=serializers.CurrentUserOutput)
    def get(self, request: Request) -> Response:
        """Return the signed-in account, or null: without a session, or after its end."""
        user = None
        if isinstance(request.user, Principal):
            user = queries.get_current_user(
                user_id=request.user.id, session_id=request.user.session_id, now=timezone.now()
            )
        return Response(serializers.CurrentUserOutput({"currentUser": user}).data)


class PublicKeys(APIView):
    """The public keys that verify our tokens (RFC 7517)."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses={200: OpenApiResponse(description="A JSON Web Key Set")})
    def get(self, request: Request) -> Response:
        """Return the public key set."""
        return Response(keys.public_set(), headers={"Cache-Control": "public, max-age=300"})


def _session_for_credentials(request: Request) -> Session:
    given = serializers.CredentialsInput(data=request.data)
    given.is_valid(raise_exception=True)
    with throttle_failed_logins(request, given.validated_data["email"]):
        user = queries.check_credentials(**given.validated_data)
    with transaction.atomic():
        session = operations.start_session(user_id=user.id, now=timezone.now(), client=client_of(request))
    audit.log("signed_in", request, user=user.id, session=session.id)
    return session


def _refreshed(request: Request, token: str) -> TokenPair:
    now = timezone.now()
    claims = read_refresh(token)
    try:
        with transaction.atomic():
            session = operations.refresh_session(
                session_id=claims.session_id,
                refresh_id=claims.refresh_id,
                now=now,
                from_frontend=client_ip.is_trusted_proxy(request),
            )
    except operations.RefreshTokenReused:
        with transaction.atomic():
            operations.end_session(session_id=claims.session_id, reason=Session.End.TOKEN_REUSED, now=now)
        audit.warn("refresh_token.reused", request, session=claims.session_id)
        raise
    return pair_for(session)


def _session_to_end(request: Request) -> UUID | None:
    """Return the access token's session; where that token has expired, the refresh cookie's."""
    if isinstance(request.user, Principal):
        return request.user.session_id
    if not cookies.refresh_token(request):
        return None
    require_same_origin(request)
    try:
        return read_refresh(cookies.refresh_token(request)).session_id
    except InvalidRefreshToken:
        return None
