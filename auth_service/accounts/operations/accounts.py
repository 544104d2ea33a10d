"""Operations on accounts and sessions: sign up, refresh, end, change password, suspend and others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError
from django.utils.crypto import constant_time_compare

from auth_service.accounts.models import QueuedEmail, Session, User
from auth_service.accounts.operations.emails import queue_email
from contracts.user import (
    UserReinstated,
    UserSessionEnded,
    UserSessionsEnded,
    UserSignedUp,
    UserState,
    UserSuspended,
)
from service_defaults import errors
from shared_events.outbox import log

_JUST_AFTER = timedelta(microseconds=1)


class EmailInUse(errors.BusinessRuleViolation):
    """Email in use."""

    field = "email"


class AccountSuspended(errors.PermissionDenied):
    """Account suspended."""


class SessionEnded(errors.NotSignedIn):
    """The session has ended. Sign in again."""


class RefreshTokenReused(errors.NotSignedIn):
    """This refresh token was used before. Sign in again."""


class SessionNotFound(errors.NotFound):
    """Session not found."""


class LinkUsedUp(errors.BusinessRuleViolation):
    """This link doesn't work any more. Ask for a new one."""


class AlreadySuspended(errors.BusinessRuleViolation):
    """The account is suspended already."""


class NotSuspended(errors.BusinessRuleViolation):
    """The account is not suspended."""


class CannotSuspendYourself(errors.BusinessRuleViolation):
    """You can't suspend your own account."""


@dataclass(frozen=True, slots=True)
class Client:
    """The client that opened a session, by which its user recognizes it."""

    user_agent: str = ""
    address: str = ""


_UNKNOWN_CLIENT = Client()


def sign_up(*, email: str, password_hash: str, now: datetime, client: Client = _UNKNOWN_CLIENT) -> Session:
    """Create an account and its first session; raises `EmailInUse`.

    Takes the hash, not the password: hashing is too slow for a transaction.
    """
    user = _create_user(email=email, password_hash=password_hash, now=now)
    queue_email(kind=QueuedEmail.Kind.VERIFY, email=user.email, now=now)
    return _open_session(user, now, client)


def start_session(*, user_id: UUID, now: datetime, client: Client = _UNKNOWN_CLIENT) -> Session:
    """Open a session for an account whose credentials were checked; raises `AccountSuspended`."""
    # Locked, so that a concurrent suspension either is seen here or ends this session.
    user = User.objects.select_for_update(no_key=True).get(id=user_id)
    if not user.is_active:
        raise AccountSuspended
    return _open_session(user, now, client)


def refresh_session(
    *, session_id: UUID, refresh_id: UUID, now: datetime, from_frontend: bool = False
) -> Session:
    """Give the session a new refresh token and expiry; `from_frontend` where it requests for a visitor.

    Raises `SessionEnded`, `AccountSuspended`, or `RefreshTokenReused`: then the token was copied, and the
    caller must end the session, in a transaction of its own, since this one is rolled back.
    """
    session = (
        Session.objects.select_for_update(of=("self",)).select_related("user").filter(id=session_id).first()
    )
    if session is None or not session.is_live(now):
        raise SessionEnded
    if not session.user.is_active:
        raise AccountSuspended
    if from_frontend and session.refresh_id != refresh_id and session.was_just_replaced(refresh_id, now):
        return session
    if session.refresh_id != refresh_id:
        raise RefreshTokenReused
    session.rotate(now=now, lifetime=_session_lifetime())
    session.save(update_fields=["refresh_id", "previous_refresh_id", "refreshed_at", "expires_at"])
    return session


def end_session(*, session_id: UUID, reason: Session.End, now: datetime) -> None:
    """End the session, where it hasn't ended already, and record the event."""
    # The user is locked before the session, in every operation.
    user = User.objects.select_for_update(no_key=True).filter(sessions__id=session_id).first()
    if user is None:
        return
    live = Session.objects.filter(id=session_id, ended_at=None)
    if live.update(ended_at=now, end_reason=reason):
        _record(UserSessionEnded, user, session_id=session_id)


def end_sessions(*, user_id: UUID, reason: Session.End, now: datetime) -> None:
    """End every session of the account, and record the event."""
    user = User.objects.select_for_update(no_key=True).get(id=user_id)
    _end_sessions(user, reason, now)
    _record(UserSessionsEnded, user)


def end_own_session(*, session_id: UUID, user_id: UUID, now: datetime) -> None:
    """End one of the user's own sessions; raises `SessionNotFound`."""
    if not Session.objects.filter(id=session_id, user_id=user_id, ended_at=None).exists():
        raise SessionNotFound
    end_session(session_id=session_id, reason=Session.End.SIGNED_OUT, now=now)


def change_password(
    *, user_id: UUID, password_hash: str, now: datetime, client: Client = _UNKNOWN_CLIENT
) -> Session:
    """Set the account's password, end its sessions, and open one for the client that changed it.

    The caller has checked the old password. Raises `AccountSuspended`.
    """
    user = User.objects.select_for_update().get(id=user_id)
    if not user.is_active:
        raise AccountSuspended
    _set_password(user, password_hash, now)
    return _open_session(user, now, client)


def reset_password(*, user_id: UUID, token: str, password_hash: str, now: datetime) -> User:
    """Set the password by Django's password reset token, and end the sessions; raises `LinkUsedUp`.

    A suspended account stays suspended. The link was sent to the address, so that is verified too.
    """
    user = _lock_user_of_link(user_id)
    # Again, now that the account is locked: two requests may have read the same link.
    if not default_token_generator.check_token(user, token):
        raise LinkUsedUp
    user.email_verified_at = user.email_verified_at or now
    _set_password(user, password_hash, now)
    return user


def verify_email(*, user_id: UUID, fingerprint: str, now: datetime) -> None:
    """Store that the account's address was confirmed; raises `LinkUsedUp`."""
    user = _lock_user_of_link(user_id)
    if not constant_time_compare(fingerprint, user.verify_fingerprint()):
        raise LinkUsedUp
    user.email_verified_at = now
    user.save(update_fields=["email_verified_at"])


def suspend_user(*, user_id: UUID, operator_id: UUID, now: datetime) -> User:
    """Suspend the account and end its sessions; raises `AlreadySuspended`, `CannotSuspendYourself`."""
    if user_id == operator_id:
        raise CannotSuspendYourself
    user = User.objects.select_for_update().get(id=user_id)
    if not user.is_active:
        raise AlreadySuspended
    user.status = User.Status.SUSPENDED
    _end_sessions(user, Session.End.SUSPENDED, now)
    _record(UserSuspended, user)
    return user


def reinstate_user(*, user_id: UUID) -> User:
    """Make a suspended account active again; raises `NotSuspended`."""
    user = User.objects.select_for_update().get(id=user_id)
    if user.is_active:
        raise NotSuspended
    user.status = User.Status.ACTIVE
    _record(UserReinstated, user)
    return user


def grant_staff(*, email: str, password: str, now: datetime, role: User.Role = User.Role.SUPPORT) -> bool:
    """Make the account of this address an operator's with this password; return whether anything changed.

    An existing account of another user under the address gets the new password, and its sessions end.
    """
    user = User.objects.select_for_update().filter(email=User.objects.normalize_email(email)).first()
    if user is None:
        _create_user(email=email, password_hash=make_password(password), role=role, now=now)
        return True
    if user.is_staff and user.role == role and check_password(password, user.password):
        return False
    user.is_staff, user.role = True, role
    user.password = make_password(password)
    _end_sessions(user, Session.End.PASSWORD_CHANGED, now)
    _record(UserSessionsEnded, user)
    return True


def purge_sessions(*, expired_before: datetime, limit: int) -> int:
    """Delete up to `limit` sessions that expired before the given time; return how many."""
    old = Session.objects.filter(expires_at__lt=expired_before).order_by("expires_at").values("pk")[:limit]
    deleted, _ = Session.objects.filter(pk__in=old).delete()
    return deleted


def _create_user(*, email: str, password_hash: str, now: datetime, role: User.Role = User.Role.NONE) -> User:
    address = User.objects.normalize_email(email)
    user = User(email=address, password=password_hash, is_staff=bool(role), role=role, created_at=now)
    try:
        user.save(force_insert=True)
    except IntegrityError as error:
        raise EmailInUse from error
    log.record(UserSignedUp(status="active"), aggregate_id=user.id, version=user.version)
    return user


def _open_session(user: User, now: datetime, client: Client) -> Session:
    # The `iat` of its first tokens: never before `not_before`, by which older tokens are revoked.
    opened_at = max(now, user.not_before or now)
    return Session.objects.create(
        user=user,
        created_at=opened_at,
        refreshed_at=opened_at,
        expires_at=opened_at + _session_lifetime(),
        user_agent=client.user_agent[:200],
        address=client.address[:45],
    )


def _lock_user_of_link(user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise LinkUsedUp
    return user


def _set_password(user: User, password_hash: str, now: datetime) -> None:
    user.password = password_hash
    _end_sessions(user, Session.End.PASSWORD_CHANGED, now)
    _record(UserSessionsEnded, user)
    queue_email(kind=QueuedEmail.Kind.PASSWORD_CHANGED, email=user.email, now=now)


def _end_sessions(user: User, reason: Session.End, now: datetime) -> None:
    """End the locked account's sessions; all their tokens are older than its new `not_before`."""
    live = Session.objects.filter(user=user, ended_at=None)
    # Locked, so that a concurrent refresh has issued its token already, or finds its session ended.
    last = max((session.refreshed_at for session in live.select_for_update()), default=now)
    user.not_before = max(now, last + _JUST_AFTER, user.not_before or now)
    live.update(ended_at=now, end_reason=reason)


def _record(event: type[UserState], user: User, **more: Any) -> None:
    """Save the locked account with the next version, and record the event."""
    user.version += 1
    user.save()
    state = event(status=user.status, not_before=user.not_before, **more)
    log.record(state, aggregate_id=user.id, version=user.version)


def _session_lifetime() -> timedelta:
    return timedelta(seconds=settings.AUTH_REFRESH_SECONDS)
