"""The writes. A service's handlers call them with what the events about users say.

A stream may be read again from any point, so only what is newer than the last word on a user counts.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from service_defaults.revocation.models import Revocation
from service_defaults.tokens import LONGEST_ACCESS_SECONDS

#: No token is older, so what was revoked longer ago needs no remembering. Clocks may differ by a minute.
#: An operator's session in an admin lives for less.
REMEMBERED_FOR = timedelta(seconds=LONGEST_ACCESS_SECONDS + 60)

_REVOKE_USER_TOKENS = """
    INSERT INTO revocation_revocation AS kept (subject, version, suspended, not_before)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (subject) DO UPDATE
    SET version = excluded.version, suspended = excluded.suspended, not_before = excluded.not_before
    WHERE kept.version < excluded.version
"""


def end_session(*, session_id: UUID, ended_at: datetime) -> None:
    """No token of this session counts any more."""
    Revocation.objects.bulk_create(
        [Revocation(subject=session_id, not_before=ended_at)], ignore_conflicts=True
    )


def revoke_user_tokens(*, user_id: UUID, version: int, suspended: bool, not_before: datetime) -> None:
    """No token of this user from before then counts any more, and while `suspended` none at all.

    `version` is the user's own; what is older than the last word on the user changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REVOKE_USER_TOKENS, [user_id, version, suspended, not_before])


def accept_next_version(*, user_ids: Iterable[UUID]) -> None:
    """Take what is said next of these users for news: what was said last is lost where it was said.

    Until then what was revoked stays revoked.
    """
    Revocation.objects.filter(subject__in=user_ids, version__isnull=False).update(version=0)


def purge_old_revocations() -> int:
    """Delete the sessions that no living token could be of; return how many.

    A sweep of each service calls this. The word on a user stays: older ones, read again, are told by it.
    """
    before = timezone.now() - REMEMBERED_FOR
    deleted, _ = Revocation.objects.filter(version=None, not_before__lt=before).delete()
    return deleted
