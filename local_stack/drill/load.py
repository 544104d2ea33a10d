"""People who load through the gateway while things break."""

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

from local_stack import scenarios
from local_stack.marketplace import Away, Json, Marketplace, Person, Refusal
from local_stack.scenarios import Scenario, ScenarioFailed

_PASSWORD = "correct horse battery staple"  # noqa: S105 (of people who live for minutes)
#: Longer than the broker is ever away.
_PATIENCE = 120.0
_ALREADY_RESERVED = 400


@dataclass
class LoadGenerator:
    """Some stages that play scenario after scenario, each in a thread of its own, while the load is on."""

    url: str
    load: int
    done: int = 0
    failures: list[str] = field(default_factory=list)
    _on: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _busy: set[int] = field(default_factory=set)

    def begin(self) -> None:
        """Sign everybody up and start to load."""
        stages = [self._stage() for _ in range(self.load)]
        for number, scenario in enumerate(stages):
            thread = threading.Thread(target=self._play, args=(number, scenario), daemon=True)
            self._threads.append(thread)
            thread.start()
        self._on.set()

    def pause(self) -> None:
        """Let everybody finish the scenario that they are in."""
        self._on.clear()
        while self._busy:
            time.sleep(0.05)

    def resume(self) -> None:
        """Go on under_load."""
        self._on.set()

    def end(self) -> None:
        """Stop for good."""
        self._over.set()
        self._on.set()
        for thread in self._threads:
            thread.join()

    def _stage(self) -> Scenario:
        market = Marketplace(self.url, patience=_PATIENCE)
        seller, buyer = (Person(market, f"{uuid4().hex}@example.com", _PASSWORD) for _ in range(2))
        for person in (seller, buyer):
            person.sign_up()
        return Scenario(market, seller=seller, buyer=buyer, patience=_PATIENCE)

    def _play(self, number: int, scenario: Scenario) -> None:
        plays: list[Callable[[Scenario], object]] = [scenarios.buy, scenarios.cancel, scenarios.decline, rush]
        for play in itertools.cycle(plays[number % len(plays) :] + plays[: number % len(plays)]):
            self._on.wait()
            if self._over.is_set():
                return
            self._busy.add(number)
            try:
                play(scenario)
                self.done += 1
            except (Refusal, Away, ScenarioFailed) as error:
                self.failures.append(f"{getattr(play, '__name__', play)}: {error}")
            finally:
                self._busy.discard(number)


def rush(scenario: Scenario) -> None:
    """Two people want the same ticket at the same moment: one gets it."""
    ticket = scenario.ticket("Drill: wanted by two")
    orders: list[Json] = []
    errors: list[Exception] = []

    def grab() -> None:
        try:
            orders.append(scenario.buyer.hold(ticket))
        except Refusal as refusal:
            if refusal.status != _ALREADY_RESERVED:
                errors.append(refusal)
        except Away as away:
            errors.append(away)

    threads = [threading.Thread(target=grab) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scenario.orders += orders
    for order in orders:
        with suppress(Refusal):
            scenario.buyer.cancel(order)
    if errors:
        raise errors[0]
    scenarios.check(f"one of two got the ticket, not {len(orders)}", len(orders) == 1)
