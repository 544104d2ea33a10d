"""Queries: check credentials and revocations, find accounts, list sessions."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import QuerySet

from auth_service.accounts.models import Session, User
from auth_service.accounts.operations import AccountSuspended, SessionEnded
from service_defaults import errors
from service_defaults.tokens import Claims


class WrongPassword(errors.BusinessRuleViolation):
    """This isn't your password."""

    field = "currentPassword"


class InvalidCredentials(errors.BusinessRuleViolation):
    """Invalid credentials."""


def check_credentials(*, email: str, password: str) -> User:
    """Return the account with this address and password; raise `InvalidCredentials`.

    Takes about 26 ms of one core, so call it outside of a transaction.
    """
    user = find_user(email=email)
    if user is None:
        # An unknown address must take as long as a wrong password, or the time reveals who has an account.
        make_password(password)
        raise InvalidCredentials
    if not check_password(password, user.password):
        raise InvalidCredentials
    return user


def check_password_of(*, user_id: UUID, password: str) -> User:
    """Return the account with this id and password; raise `WrongPassword`. As slow as `check_credentials`."""
    user = User.objects.get(id=user_id)
    if not check_password(password, user.password):
        raise WrongPassword
    return user


def find_user(*, email: str) -> User | None:
    """Return the account with this address, or None."""
    return User.objects.filter(email=User.objects.normalize_email(email)).first()


def list_sessions(*, user_id: UUID, now: datetime) -> QuerySet[Session]:
    """Return the account's live sessions, the latest used first."""
    live = Session.objects.filter(user_id=user_id, ended_at=None, expires_at__gt=now)
    return live.order_by("-refreshed_at")


def ensure_not_revoked(claims: Claims) -> None:
    """Raise SessionEnded or AccountSuspended for a revoked token.

    TOKEN_REVOCATION_CHECK of this service.
    """
    session = (
        Session.objects.filter(id=claims.sid, user_id=claims.sub)
        .values("ended_at", "user__status", "user__not_before")
        .first()
    )
    if session is None:
        raise SessionEnded
    if session["user__status"] != User.Status.ACTIVE:
        raise AccountSuspended
    not_before = session["user__not_before"]
    if session["ended_at"] is not None or (not_before is not None and claims.iat < not_before):
        raise SessionEnded


def get_current_user(*, user_id: UUID, session_id: UUID, now: datetime) -> User | None:
    """Return the account, or None where it is suspended or this session has ended."""
    return User.objects.filter(
        id=user_id,
        status=User.Status.ACTIVE,
        sessions__id=session_id,
        sessions__ended_at=None,
        sessions__expires_at__gt=now,
    ).first()
