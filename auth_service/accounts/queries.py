"""Queries: check credentials and revocations, find accounts, list sessions."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import QuerySet

from auth_service.accounts.models import Session, User
from auth_service.accounts.operations import AccountSuspended, SessionEnded
from marketplace.staff.matches import MAX_MATCHES, Match, Number, first_of, id_in
from service_defaults import errors
from service_defaults.clock import first_id_of, start_of_day
from service_defaults.tokens import Claims

#: How many of an account's sessions staff are shown.
MAX_SESSIONS = 20


class UserNotFound(errors.NotFound):
    """Account not found."""


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


def get_user(*, user_id: UUID) -> User:
    """Return an account, suspended or not; raise `UserNotFound`."""
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise UserNotFound
    return user


def list_latest_sessions(*, user_id: UUID) -> list[Session]:
    """Return the account's newest sessions, ended ones too, newest first."""
    return list(Session.objects.filter(user_id=user_id).order_by("-id")[:MAX_SESSIONS])


def search(*, text: str) -> list[Match]:
    """Return the accounts with this id, or whose address begins so, by their addresses."""
    known, users = id_in(text), User.objects.order_by("email")
    beginning = User.objects.normalize_email(text)
    by_address = users.filter(email__startswith=beginning)[:MAX_MATCHES]
    return [_match(user) for user in first_of(users.filter(id=known) if known else by_address)]


def count_today(*, now: datetime) -> list[Number]:
    """Return the numbers of the day that `now` is in, in UTC."""
    signed_up = User.objects.filter(id__gte=first_id_of(start_of_day(now))).count()
    suspended = User.objects.filter(status=User.Status.SUSPENDED).count()
    return [
        Number(name="signUpsToday", label="signed up today", value=signed_up),
        Number(name="suspended", label="suspended", value=suspended),
    ]


def _match(user: User) -> Match:
    standing = f"{user.status}, staff ({user.role or 'no role'})" if user.is_staff else user.status
    return Match(kind="account", id=user.id, label=user.email, detail=standing, at=user.created_at)


def get_current_user(*, user_id: UUID, session_id: UUID, now: datetime) -> User | None:
    """Return the account, or None where it is suspended or this session has ended."""
    return User.objects.filter(
        id=user_id,
        status=User.Status.ACTIVE,
        sessions__id=session_id,
        sessions__ended_at=None,
        sessions__expires_at__gt=now,
    ).first()
