"""Faults of streams: logs that were replaced, and events that can't be applied. All at orders, of tickets."""

import contextlib
from collections.abc import Iterator
from uuid import uuid4

from tests.alerts.live.locks import execute
from tests.alerts.live.people import listed, new_scenario
from tests.chaos.faults import Unexpected, fault_injection
from tests.chaos.invariants import manage, read_rows
from tests.running_stack import RunningStack, wait_for

_PATIENCE = 120.0
_POISONED = 2


@contextlib.contextmanager
def stream_halted(stack: RunningStack) -> Iterator[None]:
    """Have the cursor name another event than the one that was applied, as after a replaced log."""
    with _halted(stack) as position:
        try:
            yield
        finally:
            execute(stack, "orders", _SET_LAST, _event_at(stack, position))
            _run(stack, "resume", "ticket")


@contextlib.contextmanager
def events_skipped(stack: RunningStack) -> Iterator[None]:
    """Resume a halted stream one position before the place at which it stopped."""
    with _halted(stack) as position:
        before = position - 1
        _run(stack, "resume", "ticket", "--from", str(before), "--last-id", str(_event_at(stack, before)))
        try:
            yield
        finally:
            for (skipped,) in read_rows(stack, "orders", _SKIPPED):
                _run(stack, "skipped", "--settle", str(skipped), "--reason", "compared")


@contextlib.contextmanager
def events_poisoned(stack: RunningStack) -> Iterator[None]:
    """Record events of a broken shape; in the end they are discarded."""
    fault_injection("tickets", "poison")(stack, _POISONED)
    wait_for(
        lambda: len(read_rows(stack, "orders", _PARKED)) == _POISONED, within=_PATIENCE, what="parked events"
    )
    try:
        yield
    finally:
        for (parked,) in read_rows(stack, "orders", _PARKED):
            _run(stack, "dead-letters", "--discard", str(parked), "--reason", "made for a test")


@contextlib.contextmanager
def events_dead(stack: RunningStack) -> Iterator[None]:
    """The same, and the attempts that take four minutes have been made."""
    with events_poisoned(stack):
        execute(stack, "orders", "UPDATE shared_events_parkedevent SET tries = 100")
        yield


@contextlib.contextmanager
def _halted(stack: RunningStack) -> Iterator[int]:
    """Halt the stream, and yield the position up to which it is applied."""
    with new_scenario(stack) as scenario:
        for _ in range(2):
            listed(scenario)
        execute(stack, "orders", _SET_LAST, uuid4())
        listed(scenario)
        wait_for(lambda: bool(read_rows(stack, "orders", _HALTED)), within=_PATIENCE, what="a halted stream")
        [[position]] = read_rows(stack, "orders", _HALTED)
        yield int(position)


def _event_at(stack: RunningStack, position: int) -> object:
    [[event]] = read_rows(stack, "tickets", _AT, position)
    return event


def _run(stack: RunningStack, *arguments: str) -> None:
    """Do what a person has to decide. Raises Unexpected."""
    done = manage(stack, "orders", "events", *arguments)
    if done.returncode:
        raise Unexpected(f"events {' '.join(arguments)}: {done.stdout}{done.stderr}"[-1000:])


_SET_LAST = "UPDATE shared_events_cursor SET last_id = %s WHERE stream = 'ticket'"
_HALTED = "SELECT position FROM shared_events_cursor WHERE stream = 'ticket' AND halted_at IS NOT NULL"
_AT = "SELECT event_id FROM shared_events_loggedevent WHERE stream = 'ticket' AND position = %s"
_SKIPPED = "SELECT id FROM shared_events_skippedrange WHERE settled_at IS NULL"
_PARKED = "SELECT id FROM shared_events_parkedevent WHERE error <> ''"
