"""What must hold whatever was broken, looked up in every service's own database once all is quiet."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from local_stack.stack import REPOSITORY
from tests.running_stack import RunningStack

AUDIT_CONSUMER = "audit"
_RECONCILE_PATIENCE = 600
#: What `reconcile` ends with when it couldn't compare, as where the bank's answer comes too late.
_NOT_COMPARED, _TRIES = 2, 3
#: How the lines begin that name a difference.
_DIFFERENCES = ("payment ", "order ", "intent ", "ticket ")
_COUNTS = ("lost", "doubled", "out_of_order", "oversold", "double_charged")


@dataclass
class Violations:
    """How much went wrong, and in `details` what exactly."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    oversold: int = 0
    double_charged: int = 0
    details: list[str] = field(default_factory=list)

    def since(self, before: "Violations") -> "Violations":
        """Return what came on top of what was there before."""
        added = {name: getattr(self, name) - getattr(before, name) for name in _COUNTS}
        known = set(before.details)
        return Violations(**added, details=[detail for detail in self.details if detail not in known])

    @property
    def counts(self) -> tuple[int, ...]:
        """Return the numbers alone."""
        return tuple(getattr(self, name) for name in _COUNTS)


def read_rows(stack: RunningStack, service: str, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query in a service's database."""
    with psycopg.connect(stack.database_url(service), connect_timeout=3) as connection:
        return connection.execute(query, values).fetchall()


def pending_work(stack: RunningStack) -> str:
    """Return what is still under way somewhere; empty when all is quiet.

    Raises psycopg.Error when a database is away.
    """
    heads: dict[str, tuple[int, UUID]] = {}
    for service in _publishers(stack):
        [[waiting]] = read_rows(stack, service, _UNPUBLISHED)
        if waiting:
            return f"{service} has {waiting} events or commands to send"
        heads |= {stream: (head, last) for stream, head, last in read_rows(stack, service, _HEADS)}
    for service, streams in _subscribers(stack):
        cursors = {stream: (at, last) for stream, at, last in read_rows(stack, service, _CURSORS)}
        for stream in streams:
            if stream in heads and cursors.get(stream) != heads[stream]:
                return (
                    f"{service} has read {stream} up to {cursors.get(stream, (0,))[0]} of {heads[stream][0]}"
                )
        [[retrying]] = read_rows(stack, service, _RETRYING)
        if retrying:
            return f"{service} has {retrying} parked events to try again"
    [[unsettled]] = read_rows(stack, "payments", _UNSETTLED)
    return f"payments has {unsettled} payments to settle" if unsettled else ""


def examine(stack: RunningStack) -> Violations:
    """Look at everything. All must be quiet."""
    violations = Violations()
    for stream, publisher in _streams(stack).items():
        _examine_stream(stack, stream, publisher, violations)
    _examine_replicas(stack, violations)
    _examine_sales(stack, violations)
    _examine_money(stack, violations)
    return violations


def live_holds(stack: RunningStack) -> int:
    """Return how many holds have neither been paid nor ended."""
    [[count]] = read_rows(stack, "orders", _LIVE_HOLDS)
    return int(count)


def _examine_stream(stack: RunningStack, stream: str, publisher: str, violations: Violations) -> None:
    """Compare what the publisher's log says with what took effect at the audit consumer, in order."""
    log = read_rows(stack, publisher, _LOG, stream)
    gaps = [position for position, (found, _) in enumerate(log, 1) if found != position]
    seen = read_rows(stack, AUDIT_CONSUMER, _SEEN, stream)
    parked = {position for (position,) in read_rows(stack, AUDIT_CONSUMER, _PARKED, stream)}
    positions = [position for position, _ in seen]
    missing = {position for position, _ in log} - set(positions) - parked
    changed = set(seen) - set(log)
    backwards = sum(after <= before for before, after in pairwise(positions))
    doubled = len(positions) - len(set(positions))
    violations.lost += len(missing) + len(gaps) + len(changed)
    violations.doubled += doubled
    violations.out_of_order += backwards
    for what, count in (("missing", missing), ("gaps", gaps), ("changed", changed)):
        if count:
            violations.details.append(f"{stream}: {what} {sorted(count, key=str)[:5]}")
    if doubled or backwards:
        violations.details.append(f"{stream}: {doubled} doubled, {backwards} out of order")


def _examine_replicas(stack: RunningStack, violations: Violations) -> None:
    """Each copy of a row equals its owner's."""
    for (owner, theirs), copies in _REPLICAS.items():
        rows = dict(_by_id(read_rows(stack, owner, theirs)))
        for service, query in copies.items():
            copied = dict(_by_id(read_rows(stack, service, query)))
            differing = [key for key in rows.keys() | copied.keys() if rows.get(key) != copied.get(key)]
            parked = {key for (key,) in read_rows(stack, service, _PARKED_AGGREGATES)}
            differing = [key for key in differing if key not in parked]
            violations.lost += len(differing)
            violations.details += [
                f"{service} holds {copied.get(key)} and {owner} {rows.get(key)} of {key}"
                for key in differing[:3]
            ]


def _by_id(rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    return ((row[0], row[1:]) for row in rows)


def _examine_sales(stack: RunningStack, violations: Violations) -> None:
    """At most one live order per ticket, and the ticket stores it."""
    live = read_rows(stack, "orders", _LIVE_ORDERS)
    owners: dict[Any, list[Any]] = {}
    for ticket, order, _ in live:
        owners.setdefault(ticket, []).append(order)
    twice = {ticket: orders for ticket, orders in owners.items() if len(orders) > 1}
    held = {ticket: (order, sold) for ticket, order, sold in read_rows(stack, "tickets", _HELD)}
    due = {ticket: (order, status == "complete") for ticket, order, status in live}
    wrong = {ticket for ticket in held.keys() | due.keys() if held.get(ticket) != due.get(ticket)}
    violations.oversold += len(twice)
    violations.lost += len(wrong - twice.keys())
    violations.details += [f"ticket {ticket} was sold to {orders}" for ticket, orders in twice.items()]
    violations.details += [
        f"ticket {one} is held as {held.get(one)}, and should be {due.get(one)}" for one in list(wrong)[:3]
    ]


def _examine_money(stack: RunningStack, violations: Violations) -> None:
    """Each complete order is paid once, nothing else is, and Stripe's records say the same."""
    complete = dict(_by_id(read_rows(stack, "orders", _COMPLETE)))
    taken: dict[Any, list[Any]] = {}
    for order, amount in read_rows(stack, "payments", _CAPTURED):
        taken.setdefault(order, []).append(amount)
    wrong = [one for one in complete.keys() | taken.keys() if tuple(taken.get(one, ())) != complete.get(one)]
    violations.double_charged += len(wrong)
    violations.details += [
        f"order {one}: due {complete.get(one)}, taken {taken.get(one)}" for one in wrong[:3]
    ]
    differences = _reconcile(stack)
    violations.double_charged += max(0, len(differences) - len(wrong))
    violations.details += differences[:3]


def _reconcile(stack: RunningStack) -> list[str]:
    """Return in what payments, Stripe and tickets differ from orders' own list of its orders."""
    orders = manage(stack, "orders", "export_orders")
    if orders.returncode:
        return [orders.stderr.strip()[-300:]]
    found: list[str] = []
    for service, *options in (("payments", "--since", "1d"), ("tickets",)):
        command = (service, "reconcile", "--orders", "-", *options)
        done = manage(stack, *command, given=orders.stdout)
        for _ in range(_TRIES):
            if done.returncode != _NOT_COMPARED:
                break
            done = manage(stack, *command, given=orders.stdout)
        if done.returncode:
            lines = [line for line in done.stdout.splitlines() if line.startswith(_DIFFERENCES)]
            found += lines or [done.stderr.strip()[-300:]]
    return found


def manage(
    stack: RunningStack, service: str, *arguments: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run one of a service's management commands to its end, with `given` as its input."""
    return subprocess.run(
        stack.manage(service, *arguments), env=stack.environment(service), cwd=REPOSITORY, input=given,
        capture_output=True, text=True, timeout=_RECONCILE_PATIENCE, check=False,
    )  # fmt: skip


def _publishers(stack: RunningStack) -> list[str]:
    return [service.name for service in stack.stack.system.stateful if service.publishes]


def _subscribers(stack: RunningStack) -> list[tuple[str, tuple[str, ...]]]:
    """Return who follows what, but for the one that comes late."""
    services = stack.stack.system.stateful
    return [(one.name, one.follows) for one in services if one.follows and one.name != "late_subscriber"]


def _streams(stack: RunningStack) -> dict[str, str]:
    return {stream: one.name for one in stack.stack.system.stateful for stream in one.publishes}


_UNPUBLISHED = """
    SELECT (SELECT count(*)
            FROM shared_events_loggedevent e LEFT JOIN shared_events_publishedstream p USING (stream)
            WHERE e.position IS NULL OR e.position > coalesce(p.published, 0))
         + (SELECT count(*) FROM shared_events_outgoingcommand)
"""
_HEADS = """
    SELECT DISTINCT ON (stream) stream, position, event_id FROM shared_events_loggedevent
    WHERE position IS NOT NULL ORDER BY stream, position DESC
"""
_CURSORS = "SELECT stream, position, last_id FROM shared_events_cursor"
#: What a drill has poisoned stays parked.
_RETRYING = """
    SELECT count(*) FROM shared_events_parkedevent
    WHERE dead_at IS NULL AND envelope::jsonb->>'correlation_id' <> 'drill'
"""
_LOG = """
    SELECT position, event_id FROM shared_events_loggedevent
    WHERE stream = %s AND position IS NOT NULL ORDER BY position
"""
_SEEN = "SELECT position, event_id FROM audit_seen WHERE stream = %s ORDER BY id"
_PARKED = "SELECT position FROM shared_events_parkedevent WHERE stream = %s"
_PARKED_AGGREGATES = "SELECT DISTINCT aggregate_id FROM shared_events_parkedevent"
_UNSETTLED = """
    SELECT count(*) FROM payments_payment p JOIN payments_orderreplica o ON o.id = p.order_id
    WHERE p.due_at IS NOT NULL AND o.status IN ('complete', 'cancelled')
"""
_LIVE_HOLDS = "SELECT count(*) FROM orders_order WHERE status IN ('created', 'awaiting:payment')"
_LIVE_ORDERS = "SELECT ticket_id, id, status FROM orders_order WHERE status <> 'cancelled'"
_HELD = "SELECT id, order_id, sold FROM tickets_ticket WHERE order_id IS NOT NULL"
_COMPLETE = "SELECT id, ticket_price FROM orders_order WHERE status = 'complete'"
_CAPTURED = "SELECT order_id, amount FROM payments_payment WHERE status = 'captured'"

#: Who owns what, and how it looks in the copies of others.
_REPLICAS: dict[tuple[str, LiteralString], dict[str, LiteralString]] = {
    ("tickets", "SELECT id, title, price, version, withdrawn FROM tickets_ticket"): {
        "orders": "SELECT id, title, price, version, withdrawn FROM orders_ticketreplica"
    },
    ("orders", "SELECT id, status, expires_at, ticket_price FROM orders_order"): {
        "payments": "SELECT id, status, expires_at, amount FROM payments_orderreplica"
    },
}
