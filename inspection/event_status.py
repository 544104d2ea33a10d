"""The state of the events of all services, as each computes it by its own `manage events status`."""

from typing import Any, Self

from local_stack.service_commands import Answer, JsonCommand
from local_stack.stack import Stack


class EventStatuses:
    """The commands, running for a `with` block: a look costs a few statements, and no start of a process."""

    def __init__(self, stack: Stack) -> None:
        services = [service for service in stack.system.running if service.stateful]
        self._command = JsonCommand(stack, services, "events", "status", "--follow")

    def __enter__(self) -> Self:
        self._command.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._command.__exit__()

    def read(self) -> dict[str, Answer]:
        """Return the state of each service's events as it is now."""
        return self._command.request()

    def read_lags(self, positions: dict[str, set[tuple[str, int]]]) -> dict[tuple[str, int], dict[str, Any]]:
        """Return how far subscribers are behind, by stream and position.

        `positions` are streams with positions up to which a subscriber has applied them, by publisher. What
        a publisher doesn't answer is left out.
        """
        arguments = {
            name: [part for stream, position in sorted(wanted) for part in _subscriber(stream, position)]
            for name, wanted in positions.items()
        }
        answers = self._command.request_each(arguments)
        lags = [lag for answer in answers.values() if not answer.error for lag in answer.value["subscribers"]]
        return {(lag["stream"], lag["position"]): lag for lag in lags}


def read_event_status(stack: Stack) -> dict[str, Answer]:
    """Return the state of each service's events, once."""
    with EventStatuses(stack) as statuses:
        return statuses.read()


def _subscriber(stream: str, position: int) -> tuple[str, str]:
    return "--subscriber", f"{stream}:{position}"
