"""`restart --under-load`: people buy and browse while processes are replaced.

No request of theirs may fail: each is sent once, and what fails is noted.
"""

import contextlib
import statistics
import time
from collections.abc import Iterator

import psycopg

from local_stack.console import errors, out
from local_stack.credentials import credentials_of
from local_stack.environment import database_url
from local_stack.inspection import backlog
from local_stack.stack import Stack
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
        """Wait until everybody is under way."""
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
        while (found := self._missing()) and time.monotonic() < deadline:
            time.sleep(0.5)
        return found

    def _missing(self) -> list[str]:
        found = streams_behind(self._stack)
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


def streams_behind(stack: Stack) -> list[str]:
    """Return, in words, whose cursor isn't at the end of the publisher's log, and who has dead letters."""
    secrets_of = credentials_of(stack.run_dir, stack.system)
    heads: dict[str, int] = {}
    cursors: dict[tuple[str, str], int] = {}
    for service in stack.system.running:
        if service.stateful:
            with psycopg.connect(database_url(stack, secrets_of, service), connect_timeout=5) as connection:
                heads |= dict(connection.execute(_LOGGED).fetchall())
                rows = connection.execute(_READ).fetchall()
                cursors |= {(service.name, stream): position for stream, position in rows}
    found = []
    for service in stack.system.running:
        for stream in service.follows:
            read, logged = cursors.get((service.name, stream), 0), heads.get(stream, 0)
            if read != logged:
                found.append(f"{service.name} has read {read} of {logged} {stream} events")
    for name, waiting in backlog.of_services(stack, secrets_of).items():
        if waiting["dead_letters"]:
            found.append(f"{name} has {waiting['dead_letters']} dead letters")
    return found


# Counted from the log itself, numbered or not: what was committed and never numbered would be lost too.
_LOGGED = "SELECT stream, count(*) FROM shared_events_loggedevent GROUP BY stream"
_READ = "SELECT stream, position FROM shared_events_cursor"
