"""`restart --under-load`: people buy and browse while processes are replaced.

No request of theirs may fail: each is sent once, and what fails is noted.
"""

import contextlib
import statistics
import time
from collections.abc import Iterator, Mapping

from inspection.event_status import EventStatuses
from local_stack.console import errors, out
from local_stack.service_commands import Answer
from local_stack.stack import Stack
from local_stack.systems import System
from tests.load import scenarios
from tests.load.client import OneTryMarketplace, Refusal, RequestFailed
from tests.load.generator import LoadGenerator

_BUYERS, _BROWSERS = 3, 1
_WARM_UP, _COOL_DOWN = 3.0, 3.0
_QUIESCENCE = 60.0
_PLAYS = (scenarios.buy, scenarios.decline, scenarios.cancel)


class RestartLoad:
    """A load generator, and what its people saw of a restart."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._clients: list[OneTryMarketplace] = []
        self.generator = LoadGenerator(client=self._client, plays=_PLAYS, buyers=_BUYERS, browsers=_BROWSERS)

    def warm_up(self) -> None:
        """Wait until every user is under way."""
        time.sleep(_WARM_UP)

    def cool_down(self) -> None:
        """Let them go on for a moment with what has been replaced."""
        time.sleep(_COOL_DOWN)

    def verdict(self) -> int:
        """End the load, print how it went, and return 0 when no request failed and no event was lost."""
        self.generator.end()
        seconds = sorted(second for client in self._clients for second in client.seconds)
        failures = [failure for client in self._clients for failure in client.failures]
        failures += self.generator.failures
        orders = sum(len(scenario.orders) for scenario in self.generator.scenarios)
        slowest = f"median {statistics.median(seconds) * 1000:.0f} ms, slowest {seconds[-1] * 1000:.0f} ms"
        out.print(f"{len(seconds)} requests, {orders} orders ({slowest})")
        lost = self._lost()
        for line in (failures + lost)[:20]:
            errors.print(f"✗ {line}", markup=False)
        _print(f"{len(failures)} requests failed", well=not failures)
        _print(
            "every event has reached every service that follows it, and all agree on every order"
            if not lost
            else f"{len(lost)} things are not as they should be",
            well=not lost,
        )
        return 1 if failures or lost else 0

    def _client(self) -> OneTryMarketplace:
        client = OneTryMarketplace(self._stack.url)
        self._clients.append(client)
        return client

    def _lost(self) -> list[str]:
        """Wait for quiescence, and return what is missing or contradicts itself then."""
        deadline = time.monotonic() + _QUIESCENCE
        with EventStatuses(self._stack) as statuses:
            while (found := self._missing(statuses)) and time.monotonic() < deadline:
                time.sleep(0.5)
        return found

    def _missing(self, statuses: EventStatuses) -> list[str]:
        found = streams_behind(self._stack.system, statuses.read())
        for scenario in self.generator.scenarios:
            with contextlib.suppress(RequestFailed, Refusal):
                found += scenarios.disagreements(scenario)
        return found


@contextlib.contextmanager
def under_load(stack: Stack) -> Iterator[RestartLoad]:
    """Have people buy and browse for the length of a `with` block."""
    load = RestartLoad(stack)
    with load.generator.running():
        yield load


def _print(what: str, *, well: bool) -> None:
    out.print(f"{'[green]✓[/]' if well else '[red]✗[/]'} {what}")


def streams_behind(system: System, statuses: Mapping[str, Answer]) -> list[str]:
    """Return, in words, whose cursor isn't at the end of the publisher's log, and who has dead letters."""
    found = [f"{name} gives no answer: {answer.error}" for name, answer in statuses.items() if answer.error]
    known = {name: answer.value for name, answer in statuses.items() if not answer.error}
    # What is unsequenced counts, too: what was committed and never got a position would be lost.
    heads = {
        stream["stream"]: stream["head"] + stream["unsequenced_events"]
        for status in known.values()
        for stream in status["published"]
    }
    for service in system.subscribers:
        if service.name in known:
            cursors = {one["stream"]: one["position"] for one in known[service.name]["followed"]}
            for stream in service.follows:
                read, logged = cursors.get(stream, 0), heads.get(stream, 0)
                if read != logged:
                    found.append(f"{service.name} has read {read} of {logged} {stream} events")
    waiting = {name: status["dead_letters"] for name, status in known.items()}
    return found + [f"{name} has {count} dead letters" for name, count in waiting.items() if count]
