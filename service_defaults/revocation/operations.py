"""Store and purge revocations. A service's handlers of the `user` stream call these.

A stream may be read again from any position, so an event that isn't newer than the stored version is ignored.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from service_defaults.revocation.models import Revocation
from service_defaults.tokens import MAX_ACCESS_SECONDS

#: How long the revocation of a session is stored: the longest lifetime of a token, and a minute by which
#: clocks may differ. An operator's session in an admin is shorter.
RETENTION = timedelta(seconds=MAX_ACCESS_SECONDS + 60)

_REVOKE_USER_TOKENS = """
    INSERT INTO revocation_revocation AS stored (subject, version, suspended, not_before)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (subject) DO UPDATE
    SET version = excluded.version, suspended = excluded.suspended, not_before = excluded.not_before
    WHERE stored.version < excluded.version
"""


def end_session(*, session_id: UUID, ended_at: datetime) -> None:
    """Revoke every token of this session."""
    Revocation.objects.bulk_create(
        [Revocation(subject=session_id, not_before=ended_at)], ignore_conflicts=True
    )


def revoke_user_tokens(*, user_id: UUID, version: int, suspended: bool, not_before: datetime) -> None:
    """Revoke the user's tokens issued before `not_before`, and while `suspended` all of them.

    `version` is the user's; a call with a version that isn't newer than the stored one changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REVOKE_USER_TOKENS, [user_id, version, suspended, not_before])


def accept_next_version(*, user_ids: Iterable[UUID]) -> None:
    """Accept the next event of these users, whatever its version: auth has lost events that came here.

    Until then what was revoked stays revoked.
    """
    Revocation.objects.filter(subject__in=user_ids, version__isnull=False).update(version=0)


def purge_old_revocations() -> int:
    """Delete the revocations of sessions whose tokens have all expired; return how many.

    A sweep of each service calls this. Rows of users stay: events that are read again are compared with them.
    """
    before = timezone.now() - RETENTION
    deleted, _ = Revocation.objects.filter(version=None, not_before__lt=before).delete()
    return deleted
