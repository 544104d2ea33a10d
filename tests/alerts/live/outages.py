"""Faults of what is away or takes nothing: a worker, the broker, the database, the bank."""

import contextlib
import time
from collections.abc import Iterator

from tests.alerts.live.people import holding_on, known, listed, new_scenario
from tests.chaos.exhaustion import out_of_memory
from tests.chaos.freezing import frozen
from tests.chaos.outage import absent
from tests.chaos.stripe_faults import Fault, StripeFaults
from tests.load.scenarios import GOOD_CARD, Scenario
from tests.running_stack import RunningStack

#: An objective's alert needs five bad ones.
_MANY = 6
#: Longer than an effect may take, and shorter than the supervisor waits, in seconds.
_NOTICEABLE = 2.0
#: Longer than money may take, in seconds.
_TOO_LATE = 62.0


@contextlib.contextmanager
def worker_frozen(stack: RunningStack) -> Iterator[None]:
    """Stop the events worker of orders by a signal, for some seconds, while tickets are listed."""
    with new_scenario(stack) as scenario:
        known(scenario)
        with frozen(stack, "orders.events"):
            for _ in range(_MANY):
                listed(scenario)
            yield
            time.sleep(_NOTICEABLE)


@contextlib.contextmanager
def worker_away(stack: RunningStack) -> Iterator[None]:
    """Stop the events worker of orders while sessions end and a ticket is listed."""
    with new_scenario(stack) as scenario:
        listed(scenario)
        with absent(stack, "orders.events"):
            for _ in range(_MANY):
                scenario.seller.sign_out()
            listed(scenario)
            yield


@contextlib.contextmanager
def broker_blocked(stack: RunningStack) -> Iterator[None]:
    """Have RabbitMQ take nothing in while a ticket is listed and one is held."""
    with new_scenario(stack) as scenario:
        ticket = known(scenario)
        with out_of_memory(stack):
            scenario.buyer.hold(ticket)
            listed(scenario)
            yield


@contextlib.contextmanager
def database_away(stack: RunningStack) -> Iterator[None]:
    """Stop Postgres while a buyer tries to hold a ticket."""
    with new_scenario(stack) as scenario:
        ticket = known(scenario)
        with absent(stack, "postgres"), holding_on(scenario, ticket):
            yield
        stack.wait_until_ready()


@contextlib.contextmanager
def captures_failing(stack: RunningStack) -> Iterator[None]:
    """Have the bank fail between authorising and capturing the money of some orders, for over a minute."""
    with StripeFaults(f"http://{stack.address('stripe')}") as faults, new_scenario(stack) as scenario:
        faults.plan(Fault("capture", "error"))
        for _ in range(_MANY):
            _buy(scenario)
        bought = time.monotonic()
        yield
        time.sleep(max(0.0, bought + _TOO_LATE - time.monotonic()))


def _buy(scenario: Scenario) -> None:
    order = scenario.hold(listed(scenario))
    scenario.buyer.pay(order, GOOD_CARD)
    scenario.order_is(order, "complete")
