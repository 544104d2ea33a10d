"""Parts that are away for a while; and people who go on without the broker: nothing may fail them for it."""

import contextlib
import itertools
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from uuid import uuid4

from tests.load.client import Json, Marketplace, Person
from tests.running_stack import RunningStack

MINUTE = 60.0
#: Tickets that can be held meanwhile: what is listed during the outage becomes known to orders only after it.
_READY = 60
_PASSWORD = "correct horse battery staple"


@contextlib.contextmanager
def absent(stack: RunningStack, *parts: str) -> Iterator[None]:
    """Stop parts for the length of a `with` block."""
    for part in parts:
        stack.stop(part)
    try:
        yield
    finally:
        for part in reversed(parts):
            stack.start(part)


def broker_away_for_a_minute(stack: RunningStack, times: int) -> None:
    """Stop the broker for a minute; people go on."""
    go_on_without_broker(stack, MINUTE, absent(stack, "rabbitmq"))


def go_on_without_broker(stack: RunningStack, seconds: float, trouble: AbstractContextManager[None]) -> None:
    """List, hold, cancel and look for so long while something keeps the broker from its work.

    Raises Refusal or Away at the first request that is not answered as it would be otherwise.
    """
    addresses = [f"{uuid4().hex}@example.com" for _ in range(2)]
    seller, buyer = _people(Marketplace(stack.url), addresses)
    for person in (seller, buyer):
        person.sign_up()
    ready = [_list(seller, number) for number in range(_READY)]
    buyer.cancel(buyer.hold(ready[-1]))  # the last is known: all are
    # From here on no request is repeated: each must succeed at the first attempt.
    seller, buyer = _people(Marketplace(stack.url, patience=0), addresses)
    with trouble:
        end = time.monotonic() + seconds
        for ticket in itertools.cycle(ready):
            buyer.cancel(buyer.hold(ticket))
            buyer.ticket(_list(seller, _READY))
            time.sleep(MINUTE / _READY / 2)
            if time.monotonic() > end:
                break


def _people(market: Marketplace, addresses: list[str]) -> list[Person]:
    return [Person(market, address, _PASSWORD) for address in addresses]


def _list(seller: Person, number: int) -> Json:
    return seller.list_ticket(title=f"Drill: broker away {number}", price="10.00")
