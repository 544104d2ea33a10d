"""What every service that follows the users does on their events."""

from contracts.user import (
    UserReinstated,
    UserSessionEnded,
    UserSessionsEnded,
    UserSignedUp,
    UserState,
    UserSuspended,
)
from marketplace.metrics import observe_revocation
from marketplace.users import operations
from service_defaults.revocation import operations as revocation
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles


@handles(UserSignedUp)
@handles(UserSuspended)
@handles(UserReinstated)
def upsert_user_replica(event: Envelope[UserState]) -> None:
    """Store whether the user may trade."""
    operations.upsert_user_replica(
        user_id=event.aggregate_id, status=event.data.status, version=event.version
    )


@handles(UserSuspended)
@handles(UserReinstated)
@handles(UserSessionsEnded)
def revoke_user_tokens(event: Envelope[UserState]) -> None:
    """Refuse the user's older tokens, and while the account is suspended all of them."""
    revocation.revoke_user_tokens(
        user_id=event.aggregate_id,
        version=event.version,
        suspended=event.data.status == "suspended",
        not_before=event.data.not_before or event.occurred_at,
    )
    observe_revocation(event.occurred_at)


@handles(UserSessionEnded)
def end_session(event: Envelope[UserSessionEnded]) -> None:
    """Refuse the session's tokens."""
    revocation.end_session(session_id=event.data.session_id, ended_at=event.occurred_at)
    observe_revocation(event.occurred_at)
