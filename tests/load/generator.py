"""The load generator: people who buy and browse through the gateway while something is done to the system."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import httpx

from local_stack.user_errors import UserError
from shared_events.errors import describe
from tests.load.client import Marketplace, RequestFailed
from tests.load.scenarios import Play, Scenario, ScenarioFailed

_PAGES = ("/", "/?q=demo", "/auth/signin", "/api/tickets?limit=5", "/api/docs/")


@dataclass(kw_only=True)
class LoadGenerator:
    """Buyers who play scenario after scenario, and browsers who open pages, each in a thread of their own.

    `client` makes the client of each; `patience` is for how many seconds a buyer waits for an outcome. What
    went wrong is in `failures`, how many scenarios were played to their end in `done`.
    """

    client: Callable[[], Marketplace]
    plays: tuple[Play, ...]
    buyers: int
    browsers: int = 0
    patience: float = 30.0
    done: int = 0
    failures: list[str] = field(default_factory=list)
    scenarios: list[Scenario] = field(default_factory=list)
    clients: list[Marketplace] = field(default_factory=list)
    _on: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _busy: set[int] = field(default_factory=set)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Sign every user up, and have the load on for the length of a `with` block."""
        turns = [*(self._buyer(number) for number in range(self.buyers))]
        turns += [self._browser() for _ in range(self.browsers)]
        for number, turn in enumerate(turns):
            thread = threading.Thread(target=self._repeat, args=(number, turn), daemon=True)
            self._threads.append(thread)
            thread.start()
        self._on.set()
        try:
            yield self
        finally:
            self.end()
            for client in self.clients:
                client.close()

    def pause(self) -> None:
        """Let every user finish the scenario that they are in."""
        self._on.clear()
        while self._busy:
            time.sleep(0.05)

    def resume(self) -> None:
        """Go on."""
        self._on.set()

    def end(self) -> None:
        """Stop for good, once every user has finished."""
        self._over.set()
        self._on.set()
        for thread in self._threads:
            thread.join()

    def _buyer(self, number: int) -> Callable[[], object]:
        """Return what a seller and a buyer do in turn; each pair begins with another scenario."""
        scenario = Scenario.of_new_people(self._client(), "load", patience=self.patience)
        self.scenarios.append(scenario)
        first = number % len(self.plays)
        plays = itertools.cycle(self.plays[first:] + self.plays[:first])
        return lambda: next(plays)(scenario)

    def _browser(self) -> Callable[[], object]:
        """Return what a visitor does who only reads pages."""
        client = self._client()
        return lambda: [client.get(page).raise_for_status() for page in _PAGES]

    def _client(self) -> Marketplace:
        client = self.client()
        self.clients.append(client)
        return client

    def _repeat(self, number: int, turn: Callable[[], object]) -> None:
        while True:
            self._on.wait()
            if self._over.is_set():
                return
            self._busy.add(number)
            try:
                turn()
                self.done += 1
            except RequestFailed:
                pass  # its client has noted it
            except (ScenarioFailed, UserError, httpx.HTTPStatusError) as error:
                self.failures.append(describe(error))
            finally:
                self._busy.discard(number)
