"""After a restore: what was closed since is closed again. Accounts can't be made anew, only named.

No event carries an address or a password: an account that was made after the backup is lost, and so is a new
password.
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
    """Give the account the status that the event tells. Returns False where there is none."""
    return _take(event) is not None


@rebuilds(UserSuspended)
def suspend_user(event: Envelope[UserSuspended]) -> bool:
    """Close the account and end its sessions. Returns False where there is none."""
    return _take(event, ends_sessions=Session.End.SUSPENDED) is not None


@rebuilds(UserSessionsEnded)
def end_sessions(event: Envelope[UserSessionsEnded]) -> bool:
    """End the account's sessions. Returns False: a new password that came with it isn't there any more."""
    _take(event, ends_sessions=Session.End.PASSWORD_CHANGED)
    return False


@rebuilds(UserSessionEnded)
def end_session(event: Envelope[UserSessionEnded]) -> bool:
    """End the session, where the backup has it: otherwise nobody can use it anyway."""
    Session.objects.filter(id=event.data.session_id, ended_at=None).update(
        ended_at=event.occurred_at, end_reason=Session.End.SIGNED_OUT
    )
    return _take(event) is not None


def _take(event: Envelope[Any], *, ends_sessions: Session.End | None = None) -> User | None:
    """Bring the account up to the event, unless it is newer; return it, None where there is none."""
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
