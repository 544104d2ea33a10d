"""Which transaction the running code stands in."""

from django.db import connection


class TransactionRequired(RuntimeError):
    """This must run inside a transaction, so that it commits together with the change it belongs to."""


def require_transaction() -> None:
    """Raise TransactionRequired outside a transaction.

    The transaction that pytest-django wraps around a test doesn't count: production code never has it.
    """
    if not any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise TransactionRequired(TransactionRequired.__doc__)
