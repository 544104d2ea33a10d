"""Reading the event logs of all services of a running stack, each by its own `manage events search`."""

from dataclasses import dataclass
from typing import Self

from local_stack.service_commands import Answer, JsonCommand
from local_stack.stack import Stack
from local_stack.user_errors import UserError
from shared_events.found_events import FoundEvent


class LogUnreadable(UserError):
    """A service's log can't be read now."""


@dataclass(frozen=True, kw_only=True)
class LoggedEvent(FoundEvent):
    """One event in a service's log."""

    service: str


class Logs:
    """The logs of a stack's services, for a `with` block."""

    def __init__(self, stack: Stack) -> None:
        self._command = JsonCommand(stack, stack.system.publishers, "events", "search", "--follow")

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
        found += [LoggedEvent.from_json(row, service=service) for row in answer.value]
    return sorted(found, key=lambda event: (event.occurred_at, event.id))
