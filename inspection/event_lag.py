"""`events lag`: how far each subscriber is behind each stream, and what waits or failed."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from inspection.event_status import EventStatuses
from local_stack.console import errors, out
from local_stack.stack import Stack
from local_stack.systems import System

_Lags = Mapping[tuple[str, int], dict[str, Any]]


def lag(stack: Stack) -> int:
    """Print both tables; return 1 when a service doesn't answer or has halted a stream."""
    with EventStatuses(stack) as statuses:
        answers = statuses.read()
        found = {name: answer.value for name, answer in answers.items() if not answer.error}
        lags = statuses.read_lags(_positions(stack.system, found))
    for name, answer in answers.items():
        if answer.error:
            errors.print(f"{name} doesn't answer: {answer.error}", markup=False)
    out.print(_table_of_subscribers(stack.system, found, lags))
    out.print(_table_of_services(found))
    halted = any(status["halted_streams"] for status in found.values())
    return 1 if halted or len(found) < len(answers) else 0


def _positions(system: System, found: Mapping[str, Any]) -> dict[str, set[tuple[str, int]]]:
    """Return how far each stream is applied anywhere, by the publisher that can say what is behind it."""
    positions: dict[str, set[tuple[str, int]]] = {}
    for status in found.values():
        for stream in status["followed"]:
            publisher = system.publisher_of(stream["stream"])
            if publisher is not None and publisher.name in found:
                positions.setdefault(publisher.name, set()).add((stream["stream"], stream["position"]))
    return positions


def _table_of_subscribers(system: System, found: Mapping[str, Any], lags: _Lags) -> Table:
    table = Table("subscriber", "stream", "position", "behind", "oldest")
    for name, status in found.items():
        for stream in status["followed"]:
            if system.publisher_of(stream["stream"]) is not None:
                behind = lags.get((stream["stream"], stream["position"]))
                table.add_row(name, stream["stream"], f"{stream['position']:,}", *_behind(stream, behind))
    return table


def _behind(stream: Mapping[str, Any], lag: Mapping[str, Any] | None) -> tuple[str, str]:
    halted = stream["halted_seconds"] is not None
    if lag is None:
        return "[bold red]halted[/]" if halted else "?", "?"
    return "[bold red]halted[/]" if halted else f"{lag['lag_events']:,}", _age(lag["lag_seconds"])


def _table_of_services(found: Mapping[str, Any]) -> Table:
    table = Table("service", "in the log", "archived", "unpublished", "oldest", "parked", "dead letters")
    for name, status in found.items():
        logged, archived = (
            sum(stream[what] for stream in status["published"])
            for what in ("logged_events", "archived_events")
        )
        counts = (f"{count:,}" for count in (logged, archived, status["unpublished_events"]))
        oldest = _age(status["oldest_unpublished_seconds"])
        table.add_row(name, *counts, oldest, str(status["parked_events"]), str(status["dead_letters"]))
    return table


def _age(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"
