"""Reading the event logs of all services of a running stack, each by its own `manage logged_events`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from local_stack.service_commands import Answer, JsonCommand
from local_stack.stack import Stack
from local_stack.user_errors import UserError


class LogUnreadable(UserError):
    """A service's log can't be read now."""


@dataclass(frozen=True, kw_only=True)
class LoggedEvent:
    """One event in a service's log. `id` is the row's; `position` is None until the relay has given it."""

    service: str
    id: int
    stream: str
    position: int | None
    event_id: UUID
    type: str
    aggregate_id: UUID
    version: int
    occurred_at: datetime
    correlation_id: str
    causation_id: UUID | None
    data: dict[str, Any]

    @classmethod
    def of(cls, service: str, row: dict[str, Any]) -> Self:
        """Return it from JSON."""
        return cls(
            service=service,
            event_id=UUID(row["event_id"]),
            aggregate_id=UUID(row["aggregate_id"]),
            occurred_at=datetime.fromisoformat(row["occurred_at"]),
            causation_id=UUID(row["causation_id"]) if row["causation_id"] else None,
            **{name: row[name] for name in ("id", "stream", "position", "type", "version")},
            **{name: row[name] for name in ("correlation_id", "data")},
        )


class Logs:
    """The logs of a stack's services, for a `with` block."""

    def __init__(self, stack: Stack) -> None:
        self._command = JsonCommand(stack, stack.system.publishers, "logged_events", "--follow")

    def __enter__(self) -> Self:
        self._command.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._command.__exit__()

    def find(self, *criteria: str) -> list[LoggedEvent]:
        """Return the events of all services that meet the command's criteria, oldest first.

        Raises LogUnreadable.
        """
        return _events(self._command.request(*criteria))

    def find_after(self, ids: dict[str, int], *criteria: str) -> list[LoggedEvent]:
        """Return those with a higher row id than a service's in `ids`. Raises LogUnreadable."""
        arguments = {name: ("--after-id", str(number), *criteria) for name, number in ids.items()}
        return _events(self._command.request_each(arguments))


def _events(answers: dict[str, Answer]) -> list[LoggedEvent]:
    found: list[LoggedEvent] = []
    for service, answer in answers.items():
        if answer.error:
            raise LogUnreadable(f"The log of {service} can't be read: {answer.error}")
        found += [LoggedEvent.of(service, row) for row in answer.value]
    return sorted(found, key=lambda event: (event.occurred_at, event.id))
