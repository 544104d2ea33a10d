"""The writes. A service's handlers call them with what the events about users say.

Events of one user come in order, so the last word on a subject is the newest.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from service_defaults.revocation.models import Revocation
from service_defaults.tokens import LONGEST_ACCESS_SECONDS

#: No token is older, so what was revoked longer ago needs no remembering. Clocks may differ by a minute.
#: An operator's session in an admin lives for less.
REMEMBERED_FOR = timedelta(seconds=LONGEST_ACCESS_SECONDS + 60)


def end_session(*, session_id: UUID, ended_at: datetime) -> None:
    """No token of this session counts any more."""
    _keep(Revocation(subject=session_id, not_before=ended_at))


def keep_standing(*, user_id: UUID, suspended: bool, not_before: datetime) -> None:
    """No token of this user from before then counts any more, and while `suspended` none at all."""
    _keep(Revocation(subject=user_id, not_before=not_before, suspended=suspended))


def forget_old_revocations() -> int:
    """Delete what no living token could be about; return how many. A sweep of each service calls this."""
    before = timezone.now() - REMEMBERED_FOR
    deleted, _ = Revocation.objects.filter(suspended=False, not_before__lt=before).delete()
    return deleted


def _keep(revocation: Revocation) -> None:
    Revocation.objects.bulk_create(
        [revocation],
        update_conflicts=True,
        unique_fields=["subject"],
        update_fields=["not_before", "suspended"],
    )
