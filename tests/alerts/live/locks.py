"""Faults of databases: rows and tables that a session keeps locked, and what somebody changed by hand."""

import contextlib
from collections.abc import Iterator
from typing import LiteralString

import psycopg

from tests.alerts.live.people import listed, new_scenario
from tests.load.demo import short_hold
from tests.running_stack import RunningStack, wait_for

#: Seconds that a hold lasts: long enough to make the others and to lock them all.
_HOLD = 30
#: An objective's alert needs five bad ones.
_HOLDS = 6

_EMAILS: LiteralString = "accounts_queuedemail"


@contextlib.contextmanager
def lease_locked(stack: RunningStack) -> Iterator[None]:
    """Keep the row of the lease of orders' relay locked."""
    with _session(stack, "orders", "SELECT 1 FROM shared_events_relaylease WHERE id = 1 FOR UPDATE"):
        yield


@contextlib.contextmanager
def state_locked(stack: RunningStack) -> Iterator[None]:
    """Keep a table locked that auth's relay reads when it is scraped, and that nothing else of auth needs."""
    with _session(stack, "auth", "LOCK TABLE shared_events_parkedevent IN ACCESS EXCLUSIVE MODE"):
        yield


@contextlib.contextmanager
def holds_locked(stack: RunningStack) -> Iterator[None]:
    """Keep the rows of some holds locked beyond their end."""
    with contextlib.ExitStack() as kept, new_scenario(stack) as scenario:
        with short_hold(stack.stack, _HOLD):
            for _ in range(_HOLDS):
                order = scenario.hold(listed(scenario))
                session = kept.enter_context(psycopg.connect(stack.database_url("orders")))
                session.execute("SELECT 1 FROM orders_order WHERE id = %s FOR UPDATE", [order["id"]])
        yield


@contextlib.contextmanager
def privilege_missing(stack: RunningStack) -> Iterator[None]:
    """Take auth's privileges on the table of e-mails, which a sweep reads."""
    execute(stack, "auth", f"REVOKE ALL ON {_EMAILS} FROM auth")
    try:
        yield
    finally:
        execute(stack, "auth", f"GRANT ALL ON {_EMAILS} TO auth")


@contextlib.contextmanager
def status_changed(stack: RunningStack) -> Iterator[None]:
    """Change the status of a captured payment by hand."""
    wait_for(lambda: bool(execute(stack, "payments", _CAPTURED)), what="a captured payment")
    [[payment]] = execute(stack, "payments", _CAPTURED)
    change: LiteralString = "UPDATE payments_payment SET status = %s WHERE id = %s"
    execute(stack, "payments", change, "refunded", payment)
    try:
        yield
    finally:
        execute(stack, "payments", change, "captured", payment)


def execute(
    stack: RunningStack, service: str, statement: LiteralString, *values: object
) -> list[tuple[object, ...]]:
    """Execute a statement in a service's database, commit, and return its rows."""
    with psycopg.connect(stack.database_url(service), connect_timeout=15) as connection:
        done = connection.execute(statement, values)
        return done.fetchall() if done.description else []


@contextlib.contextmanager
def _session(stack: RunningStack, service: str, statement: LiteralString) -> Iterator[None]:
    """Keep a transaction open that has executed a statement."""
    with psycopg.connect(stack.database_url(service), connect_timeout=15) as connection:
        connection.execute(statement)
        yield


_CAPTURED: LiteralString = """
    SELECT id FROM payments_payment WHERE status = 'captured' AND due_at IS NULL ORDER BY id DESC LIMIT 1
"""
