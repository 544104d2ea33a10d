"""Whether the process that leased a payment still exists.

# Note [A lease's lock]

From before its lease is committed until its result is, a process has a lock in its database session, keyed by
the payment and the number of the lease. Postgres drops the lock with the session, so a lease without its lock
has no holder: another process may begin at once, and need not wait until the lease runs out.

The lock decides only who may begin. It guards no money: a process whose session was cut still runs, and one
behind a broken network may have its lock for hours. Writing needs the payment's latest lease, calls of the
provider carry keys, and a lease still runs out.
"""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.db import Error, connection

from payments_service.payments.models.payments import Payment

# `pg_locks` has a 64-bit key in two halves; `objsubid` is 1 for such keys.
_LOCKED_KEYS = """
    SELECT classid::bigint, objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def lock_lease(payment: Payment) -> None:
    """Lock the payment's lease for this session. Needs the transaction that writes the lease."""
    # Shared, so that no session ever waits for it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [_signed(_key(payment.id, payment.lease))])


def unlock_lease(payment: Payment) -> None:
    """Unlock the lease: this session works under it no more."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [_signed(_key(payment.id, payment.lease))])
    except Error:
        connection.close()  # the lock goes with its session


def without_holder(payments: Iterable[Payment]) -> list[Payment]:
    """Return those of the leased payments whose holder is gone. Their rows must be locked."""
    leased = list(payments)
    locked = _locked_keys() if leased else set()
    return [payment for payment in leased if _key(payment.id, payment.lease) not in locked]


def _locked_keys() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED_KEYS)
        return {high << 32 | low for high, low in cursor.fetchall()}


def _key(payment_id: UUID, lease: int) -> int:
    return int.from_bytes(hashlib.blake2b(payment_id.bytes + lease.to_bytes(8), digest_size=8).digest())


def _signed(key: int) -> int:
    return key - (1 << 64) if key >> 63 else key
