"""Recovery after a restore: suspensions and ended sessions are rebuilt from the published events.

No event has an address or a password: an account that was made after the backup is lost, and so is a new
password. Recovery reports both.
"""

from typing import Any

from auth_service.accounts.models import Session, User
from contracts.user import (
    UserReinstated,
    UserSessionEnded,
    UserSessionsEnded,
    UserSignedUp,
    UserState,
    UserSuspended,
)
from shared_events.envelope import Envelope
from shared_events.outbox.recovery import rebuilds


@rebuilds(UserSignedUp)
@rebuilds(UserReinstated)
def rebuild_user(event: Envelope[UserState]) -> bool:
    """Set the account's status from the event. Returns False where there is no account."""
    return _apply(event) is not None


@rebuilds(UserSuspended)
def suspend_user(event: Envelope[UserSuspended]) -> bool:
    """Suspend the account and end its sessions. Returns False where there is no account."""
    return _apply(event, ends_sessions=Session.End.SUSPENDED) is not None


@rebuilds(UserSessionsEnded)
def end_sessions(event: Envelope[UserSessionsEnded]) -> bool:
    """End the account's sessions. Returns False: a new password that may have caused it is lost."""
    _apply(event, ends_sessions=Session.End.PASSWORD_CHANGED)
    return False


@rebuilds(UserSessionEnded)
def end_session(event: Envelope[UserSessionEnded]) -> bool:
    """End the session, where the backup has it; a session that it lacks can't be used."""
    Session.objects.filter(id=event.data.session_id, ended_at=None).update(
        ended_at=event.occurred_at, end_reason=Session.End.SIGNED_OUT
    )
    return _apply(event) is not None


def _apply(event: Envelope[Any], *, ends_sessions: Session.End | None = None) -> User | None:
    """Set the account to the event's state, unless it is newer; return it, None where there is none."""
    user = User.objects.select_for_update().filter(id=event.aggregate_id).first()
    if user is None or user.version >= event.version:
        return user
    user.version, user.status = event.version, event.data.status
    user.not_before = event.data.not_before
    user.save(update_fields=["version", "status", "not_before"])
    if ends_sessions:
        ended_at = event.data.not_before or event.occurred_at
        user.sessions.filter(ended_at=None, created_at__lt=ended_at).update(
            ended_at=ended_at, end_reason=ends_sessions
        )
    return user
