"""A service that comes when the logs are long: it must end up like one that was there all along."""

import time

import psycopg

from local_stack.console import out
from tests.chaos.invariants import AUDIT_CONSUMER, read_rows
from tests.running_stack import RunningStack

LATE_SUBSCRIBER = "late_subscriber"
_PARTS = ("late_subscriber.relay", "late_subscriber.events")
_PATIENCE, _SHOW_EVERY = 180.0, 2.0
_FORGET = "TRUNCATE audit_seen, audit_replica, shared_events_cursor, shared_events_parkedevent"
_STATE = """
    SELECT count(*), md5(string_agg(id::text || version || type || data::text, ',' ORDER BY id))
    FROM audit_replica
"""
_READ = "SELECT coalesce(sum(position), 0)::bigint FROM shared_events_cursor"


def join(stack: RunningStack) -> list[str]:
    """Start it with an empty database, show how it catches up, and return in what it differs in the end."""
    for part in _PARTS:
        stack.stop(part)
    with psycopg.connect(stack.database_url(LATE_SUBSCRIBER)) as connection:
        connection.execute(_FORGET)
    [[target]] = read_rows(stack, AUDIT_CONSUMER, _READ)
    out.print(f"\nA late_subscriber joins: {target:,} events to read")
    for part in _PARTS:
        stack.start(part)
    began, before, shown = time.monotonic(), 0, 0.0
    while True:
        [[read]] = read_rows(stack, LATE_SUBSCRIBER, _READ)
        now = time.monotonic() - began
        if now - shown >= _SHOW_EVERY or read >= target:
            rate = (read - before) / max(now - shown, 0.01)
            out.print(f"  {now:5.1f} s   {target - read:>9,} behind   {rate:>7,.0f} events/s")
            before, shown = read, now
        if read >= target:
            break
        if now > _PATIENCE:
            return [f"the late_subscriber has read {read} of {target} events after {now:.0f} s"]
        time.sleep(0.5)
    states = [read_rows(stack, service, _STATE) for service in (AUDIT_CONSUMER, LATE_SUBSCRIBER)]
    return [] if states[0] == states[1] else [f"the audit has {states[0]}, the late_subscriber {states[1]}"]
