"""The people of the faults: some who were there before, and go on while something is broken."""

import contextlib
import threading
from collections.abc import Iterator

from tests.load.client import Away, Json, Marketplace, Person, Refusal
from tests.load.scenarios import Scenario
from tests.running_stack import RunningStack

#: Seconds; the machine may be busy.
_PATIENCE = 120.0
_PAUSE = 0.25


@contextlib.contextmanager
def new_scenario(stack: RunningStack) -> Iterator[Scenario]:
    """Yield a seller and a buyer who have just signed up."""
    with contextlib.closing(Marketplace(stack.url)) as market:
        yield Scenario.of_new_people(market, "alerts", patience=_PATIENCE)


def listed(scenario: Scenario) -> Json:
    """Let the seller list a ticket."""
    return scenario.ticket("Alerts")


def known(scenario: Scenario) -> Json:
    """Let the seller list a ticket, and wait until it can be held."""
    ticket = listed(scenario)
    scenario.buyer.cancel(scenario.hold(ticket))
    scenario.ticket_is_free(ticket)
    return ticket


@contextlib.contextmanager
def holding_on(scenario: Scenario, ticket: Json) -> Iterator[None]:
    """Have the buyer try to hold a ticket again and again for the length of a `with` block."""
    over = threading.Event()

    def hold(buyer: Person) -> None:
        while not over.wait(_PAUSE):
            with contextlib.suppress(Refusal, Away):
                buyer.cancel(buyer.hold(ticket))

    patience, scenario.market.patience = scenario.market.patience, 0
    thread = threading.Thread(target=hold, args=(scenario.buyer,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        scenario.market.patience = patience
