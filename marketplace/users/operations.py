"""The writes and reads of the users' replica. The writes need a transaction opened by their caller."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from marketplace.users.models import UserReplica

_UPSERT = """
    INSERT INTO users_userreplica AS replica (id, status, version)
    VALUES (%s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version
    WHERE replica.version < excluded.version
"""


def upsert_user_replica(*, user_id: UUID, status: str, version: int) -> None:
    """Store a user's status, unless what is stored is as new as this or newer."""
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [user_id, status, version])


def is_superseded(*, user_id: UUID, version: int) -> bool:
    """Return whether a newer status of the user than this version's is stored."""
    return UserReplica.objects.filter(id=user_id, version__gt=version).exists()


def accept_next_version(*, user_ids: Iterable[UUID]) -> None:
    """Have the next status of these users applied whatever its version: auth has lost what is stored."""
    UserReplica.objects.filter(id__in=user_ids).update(version=0)


def is_suspended(user_id: UUID) -> bool:
    """Return whether the user may not trade."""
    return UserReplica.objects.filter(id=user_id).exclude(status="active").exists()


def is_suspended_until_commit(user_id: UUID) -> bool:
    """Return whether the user may not trade, for as long as the caller's transaction runs."""
    # FOR SHARE: a suspension that is being applied waits for us and then finds what we wrote, or we see it.
    users = UserReplica.objects.raw("SELECT * FROM users_userreplica WHERE id = %s FOR SHARE", [user_id])
    return any(user.status != "active" for user in users)
