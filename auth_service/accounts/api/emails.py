"""Views for links in e-mails: reset a password, confirm an address."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from auth_service.accounts import operations
from auth_service.accounts.api import serializers
from auth_service.accounts.models import QueuedEmail, User
from auth_service.credentials import links
from service_defaults import audit
from service_defaults.authentication import principal
from service_defaults.rate_limits.throttling import enforce_rate

EMAIL_QUEUED = OpenApiResponse(description="If the address has an account, an e-mail is on its way")


class ForgotPassword(APIView):
    """Request a link to a new password."""

    rate = "sign-ins"
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=serializers.AddressInput, responses={202: EMAIL_QUEUED})
    def post(self, request: Request) -> Response:
        """Send a link to the address. The response is the same whether or not it has an account."""
        given = serializers.AddressInput(data=request.data)
        given.is_valid(raise_exception=True)
        _send(request, QueuedEmail.Kind.RESET, given.validated_data["email"])
        audit.log("password.reset_asked", request)
        return Response({}, status=202)


class ResetPassword(APIView):
    """Choose a new password by a link."""

    rate = "sign-ins"
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        request=serializers.ResetPasswordInput, responses={200: OpenApiResponse(description="Changed")}
    )
    def post(self, request: Request) -> Response:
        """Set the password; every session ends. The link works once."""
        given = serializers.ResetPasswordInput(data=request.data)
        given.is_valid(raise_exception=True)
        link = links.read_reset_token(given.validated_data["token"])
        password = given.validated_data["password"]
        serializers.check_password_rules(password, user=link.user)
        password_hash = make_password(password)
        with transaction.atomic():
            operations.reset_password(
                user_id=link.user.id, token=link.token, password_hash=password_hash, now=timezone.now()
            )
        audit.log("password.reset", request, user=link.user.id)
        return Response({})


class SendVerification(APIView):
    """Request another link that confirms the user's address."""

    @extend_schema(request=None, responses={202: OpenApiResponse(description="An e-mail is on its way")})
    def post(self, request: Request) -> Response:
        """Send the link, unless the address is confirmed."""
        user = User.objects.get(id=principal(request).id)
        if not user.email_verified:
            _send(request, QueuedEmail.Kind.VERIFY, user.email)
        return Response({}, status=202)


class VerifyEmail(APIView):
    """Confirm an address by a link."""

    rate = "sign-ins"
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=serializers.LinkInput, responses={200: OpenApiResponse(description="Confirmed")})
    def post(self, request: Request) -> Response:
        """Confirm the address. The link works once."""
        given = serializers.LinkInput(data=request.data)
        given.is_valid(raise_exception=True)
        link = links.read_confirmation_token(given.validated_data["token"])
        with transaction.atomic():
            operations.verify_email(user_id=link.user_id, fingerprint=link.fingerprint, now=timezone.now())
        audit.log("email.verified", request, user=link.user_id)
        return Response({})


def _send(request: Request, kind: QueuedEmail.Kind, email: str) -> None:
    if rate := settings.RATES["emails"]:
        # Against filling another user's mailbox.
        enforce_rate(request, rate, kind, email)
    with transaction.atomic():
        operations.queue_email(kind=kind, email=email, now=timezone.now())
