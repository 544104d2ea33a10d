"""People who buy and browse while parts are replaced, and who take nothing for granted.

They ask once: what fails, in whatever way, is written down, not asked again.
"""

import contextlib
import secrets
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import httpx
import psycopg

from local_stack import backlog, scenarios
from local_stack.console import errors, out
from local_stack.credentials import credentials_of
from local_stack.environment import database_url
from local_stack.marketplace import Json, Marketplace, Person, Refusal
from local_stack.scenarios import Scenario, ScenarioFailed
from local_stack.stack import Stack
from local_stack.user_errors import UserError
from shared_events.errors import describe

SHOPPERS, BROWSERS = 3, 1
_WARM_UP, _COOL_DOWN = 3.0, 3.0
_QUIESCENCE = 60.0
_SCENARIOS = (scenarios.buy, scenarios.decline, scenarios.cancel)
_PAGES = ("/", "/?q=demo", "/auth/signin", "/api/tickets?limit=5", "/api/docs/")


class Failed(Exception):
    """A request that wasn't answered as it should be."""


class Impatient(Marketplace):
    """A client that asks once, and remembers how long each answer took and what failed."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def _try(
        self, method: str, path: str, headers: dict[str, str], body: Json | None
    ) -> tuple[httpx.Response | None, float]:
        answer = self.ask(method, path, headers=headers, json=body)
        return answer, 0

    def ask(self, method: str, path: str, **details: Any) -> httpx.Response:
        """Return the answer. Raises Failed for one that never came, or that blames the server."""
        started = time.monotonic()
        try:
            answer = self._http.request(method, path, **details)
        except httpx.TransportError as error:
            raise self._failed(f"{method} {path}: {error!r}") from error
        self.seconds.append(time.monotonic() - started)
        if answer.is_server_error:
            raise self._failed(f"{method} {path}: {answer.status_code} {answer.text[:120]}")
        return answer

    def _failed(self, what: str) -> Failed:
        self.failures.append(what)
        return Failed(what)


class LoadGenerator:
    """Everybody who is there while parts are replaced."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._leave = threading.Event()
        self._clients: list[Impatient] = []
        self._stages: list[Scenario] = []
        self._broken: list[str] = []
        self._threads = [
            threading.Thread(target=self._stay, args=(self._shop(),)) for _ in range(SHOPPERS)
        ] + [threading.Thread(target=self._stay, args=(self._browse(),)) for _ in range(BROWSERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._go_home()
        for client in self._clients:
            client.close()

    def _go_home(self) -> None:
        self._leave.set()
        for thread in self._threads:
            thread.join()

    def warm_up(self) -> None:
        """Wait until everybody is at it."""
        time.sleep(_WARM_UP)

    def cool_down(self) -> None:
        """Let them go on for a moment with what has been replaced."""
        time.sleep(_COOL_DOWN)

    def verdict(self) -> int:
        """Send them home, say how it went, and return 0 when no request failed and no event was lost."""
        self._go_home()
        seconds = sorted(second for client in self._clients for second in client.seconds)
        failures = [failure for client in self._clients for failure in client.failures] + self._broken
        orders = sum(len(scenario.orders) for scenario in self._stages)
        slowest = f"median {statistics.median(seconds) * 1000:.0f} ms, slowest {seconds[-1] * 1000:.0f} ms"
        out.print(f"{len(seconds)} requests, {orders} orders ({slowest})")
        lost = self._lost()
        for line in (failures + lost)[:20]:
            errors.print(f"✗ {line}", markup=False)
        _say(f"{len(failures)} requests failed", well=not failures)
        _say(
            "every event has reached every service that follows it, and all agree on every order"
            if not lost
            else f"{len(lost)} things are not as they should be",
            well=not lost,
        )
        return 1 if failures or lost else 0

    def _shop(self) -> Callable[[], object]:
        """Return what a seller and a buyer do, over and over."""
        client = self._client()
        mark = secrets.token_hex(4)
        seller, buyer = (
            Person(client, f"restart-{role}-{mark}@example.com", secrets.token_urlsafe(12))
            for role in ("seller", "buyer")
        )
        for person in (seller, buyer):
            person.sign_up()
        scenario = Scenario(client, seller=seller, buyer=buyer, stopping=lambda: False)
        self._stages.append(scenario)
        scenery = iter(range(10**9))
        return lambda: _SCENARIOS[next(scenery) % len(_SCENARIOS)](scenario)

    def _browse(self) -> Callable[[], object]:
        """Return what somebody does who only looks."""
        client = self._client()
        return lambda: [client.ask("GET", page).raise_for_status() for page in _PAGES]

    def _client(self) -> Impatient:
        client = Impatient(self._stack.url)
        self._clients.append(client)
        return client

    def _stay(self, act: Callable[[], object]) -> None:
        while not self._leave.is_set():
            try:
                act()
            except Failed:
                continue
            except (ScenarioFailed, UserError, httpx.HTTPStatusError) as error:
                self._broken.append(describe(error))

    def _lost(self) -> list[str]:
        """Wait for quiescence, and return what is missing or contradicts itself then."""
        deadline = time.monotonic() + _QUIESCENCE
        while (found := self._missing()) and time.monotonic() < deadline:
            time.sleep(0.5)
        return found

    def _missing(self) -> list[str]:
        found = streams_behind(self._stack)
        for scenario in self._stages:
            with contextlib.suppress(Failed, Refusal):
                found += scenarios.disagreements(scenario)
        return found


def _say(what: str, *, well: bool) -> None:
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
