"""Tokens of the links in e-mails: to choose a new password, and to confirm an address.

A link carries one value, so each token names its account as well. The state of the account is part of what is
signed: what the link is for changes that state, so a link works once.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing

from auth_service.accounts.models import User
from auth_service.accounts.operations import LinkUsedUp

_CONFIRMATION_SALT = "auth_service.credentials.links.verify"


@dataclass(frozen=True, slots=True)
class ResetLink:
    """The account that a link to a new password is for, and Django's token for it."""

    user: User
    token: str


@dataclass(frozen=True, slots=True)
class ConfirmationLink:
    """The account that a link to confirm an address is for, and the fingerprint of its state then."""

    user_id: UUID
    fingerprint: str


def create_reset_token(user: User) -> str:
    """Return the account's id and Django's password reset token: it ends with PASSWORD_RESET_TIMEOUT."""
    return f"{user.pk.hex}.{default_token_generator.make_token(user)}"


def read_reset_token(token: str) -> ResetLink:
    """Return the link; raise `LinkUsedUp` unless the token is ours, in time and of the present password.

    The operation checks it again, with the account locked.
    """
    user_id, _, reset_token = token.partition(".")
    try:
        user = User.objects.filter(id=UUID(user_id)).first()
    except ValueError as error:
        raise LinkUsedUp from error
    if user is None or not default_token_generator.check_token(user, reset_token):
        raise LinkUsedUp
    return ResetLink(user=user, token=reset_token)


def create_confirmation_token(user: User) -> str:
    """Return the account's id and the fingerprint of its address, signed."""
    return signing.dumps([str(user.pk), user.verify_fingerprint()], salt=_CONFIRMATION_SALT)


def read_confirmation_token(token: str) -> ConfirmationLink:
    """Return the link; raise `LinkUsedUp` unless the token is ours and in time."""
    try:
        user_id, fingerprint = signing.loads(
            token, salt=_CONFIRMATION_SALT, max_age=settings.AUTH_VERIFY_SECONDS
        )
        return ConfirmationLink(user_id=UUID(user_id), fingerprint=str(fingerprint))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkUsedUp from error
