"""Which transaction the running code is in."""

from django.db import transaction


class TransactionOpen(RuntimeError):
    """What waits for another process must not run inside a transaction: others would wait for its locks."""


def require_no_transaction(what: str) -> None:
    """Raise TransactionOpen inside a transaction; `what` begins the sentence.

    The one that a test case wraps around a test doesn't count: production code never has it.
    """
    blocks = transaction.get_connection().atomic_blocks
    if any(not getattr(block, "_from_testcase", False) for block in blocks):
        raise TransactionOpen(f"{what} must not run inside a transaction")
