"""After a restore of auth: what it has lost of the users is no longer taken for the newest."""

from marketplace.users import operations
from service_defaults.revocation import operations as revocation
from shared_events.envelope import RawEnvelope
from shared_events.outbox.recovery import forgets


@forgets("user")
def forget_users(lost: list[RawEnvelope], after: int) -> None:
    """Apply what auth publishes next of these users."""
    users = {event.aggregate_id for event in lost}
    operations.accept_next_version(user_ids=users)
    revocation.accept_next_version(user_ids=users)
