"""Serializers of requests and responses, and password validation."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as InvalidPassword
from rest_framework import serializers

from auth_service.accounts.models import MAX_PASSWORD_LENGTH, Session, User

_EMAIL_MESSAGES: dict[str, Any] = dict.fromkeys(
    ("required", "null", "blank", "invalid"), "Email must be valid"
)
_PASSWORD_MESSAGES: dict[str, Any] = {
    **dict.fromkeys(("required", "null", "blank"), "Password is required"),
    "invalid": "Password must be text",
    "max_length": "Password must have at most {max_length} characters",
}


class AddressField(serializers.EmailField):
    """An e-mail address, in lower case before its length is checked: lower case may be longer."""

    def to_internal_value(self, data: Any) -> str:
        """Return the address as it is stored."""
        return User.objects.normalize_email(super().to_internal_value(data))

    def run_validators(self, value: Any) -> None:
        """Fail with a single message, however many validators fail."""
        try:
            super().run_validators(value)
        except serializers.ValidationError:
            self.fail("invalid")


class PasswordField(serializers.CharField):
    """A password as it was typed: text, blanks included. A number is refused, not converted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=MAX_PASSWORD_LENGTH,
            trim_whitespace=False,
            error_messages=_PASSWORD_MESSAGES,
            write_only=True,
            **options,
        )

    def to_internal_value(self, data: Any) -> str:
        """Return the password; fail for anything but text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class CredentialsInput(serializers.Serializer[Any]):
    """An address and a password, as they were typed."""

    email = AddressField(max_length=254, error_messages=_EMAIL_MESSAGES)
    password = PasswordField()


class SignUpInput(CredentialsInput):
    """Credentials for a new account, with a password that passes Django's validators."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the password by Django's validators, which compare it with the address too."""
        check_password_rules(attrs["password"], user=User(email=attrs["email"]))
        return attrs


def check_password_rules(password: str, *, user: User | None) -> None:
    """Check a new password by Django's validators, which compare it with the user's address too."""
    try:
        validate_password(password, user=user)
    except InvalidPassword as error:
        raise serializers.ValidationError({"password": error.messages}) from None


class AddressInput(serializers.Serializer[Any]):
    """An address to send an e-mail to."""

    email = AddressField(max_length=254, error_messages=_EMAIL_MESSAGES)


class LinkInput(serializers.Serializer[Any]):
    """The token of a link in an e-mail."""

    token = serializers.CharField(max_length=500)


class ResetPasswordInput(LinkInput):
    """A link's token, and the new password."""

    password = PasswordField()


class ChangePasswordInput(serializers.Serializer[Any]):
    """The current password and the new one."""

    currentPassword = PasswordField()  # noqa: N815  the wire's own case
    password = PasswordField()


class SessionOutput(serializers.Serializer[Any]):
    """One of the user's sessions; `current` is that of the request."""

    id = serializers.UUIDField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    refreshedAt = serializers.DateTimeField(source="refreshed_at")  # noqa: N815
    program = serializers.CharField(source="user_agent")
    address = serializers.CharField()
    current = serializers.SerializerMethodField()

    def get_current(self, session: Session) -> bool:
        """Whether this is the request's session."""
        return bool(session.id == self.context["current"])


class RefreshInput(serializers.Serializer[Any]):
    """An API client's refresh token; a browser sends its cookie instead."""

    refresh = serializers.CharField(required=False, trim_whitespace=False)


class AccountOutput(serializers.Serializer[User]):
    """An account, as its owner sees it."""

    id = serializers.UUIDField()
    email = serializers.EmailField()


class CurrentAccountOutput(AccountOutput):
    """The account that is signed in."""

    isStaff = serializers.BooleanField(source="is_staff")  # noqa: N815  the wire's own case
    emailVerified = serializers.BooleanField(source="email_verified")  # noqa: N815


class CurrentUserOutput(serializers.Serializer[Any]):
    """The signed-in account, or null."""

    currentUser = CurrentAccountOutput(allow_null=True)  # noqa: N815  the wire's own case


class TokenPairOutput(serializers.Serializer[Any]):
    """Tokens for an API client: `access` goes into the Authorization header."""

    access = serializers.CharField()
    refresh = serializers.CharField()


class StaffSessionOutput(serializers.Serializer[Any]):
    """One of an account's sessions, as staff see it."""

    id = serializers.UUIDField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    refreshedAt = serializers.DateTimeField(source="refreshed_at")  # noqa: N815
    expiresAt = serializers.DateTimeField(source="expires_at")  # noqa: N815
    endedAt = serializers.DateTimeField(source="ended_at", allow_null=True)  # noqa: N815
    endReason = serializers.CharField(source="end_reason")  # noqa: N815
    program = serializers.CharField(source="user_agent")
    address = serializers.CharField()


class StaffAccountOutput(CurrentAccountOutput):
    """An account, as staff see it."""

    status = serializers.ChoiceField(choices=User.Status.values)
    role = serializers.CharField(help_text="What it may do as staff; empty where it has no role")
    version = serializers.IntegerField()
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815


class StaffAccountWithSessionsOutput(StaffAccountOutput):
    """An account, as staff see it, with its sessions."""

    sessions = StaffSessionOutput(many=True, help_text="The newest 20, newest first")
