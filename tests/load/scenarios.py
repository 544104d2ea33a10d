"""The scenarios: a purchase, a declined card, a cancelled order, two buyers at once, a hold that lapses."""

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from tests.load.client import Away, Json, Marketplace, Person, Refusal

GOOD_CARD, DECLINED_CARD = "tok_visa", "tok_chargeDeclined"
_POLL = 0.2
_PAYMENT_REQUIRED, _ALREADY_RESERVED = 402, 400


class ScenarioFailed(Exception):
    """The marketplace did something else than its documents say."""


class Stopped(Exception):
    """The reader of the output has closed it."""


@dataclass
class Scenario:
    """A seller and a buyer, and what they have done so far: every ticket and order, for the final check."""

    market: Marketplace
    seller: Person
    buyer: Person
    patience: float = 30.0
    stopping: Callable[[], bool] = lambda: False
    tickets: list[Json] = field(default_factory=list)
    orders: list[Json] = field(default_factory=list)

    @classmethod
    def of_new_people(cls, market: Marketplace, purpose: str, *, patience: float = 30.0) -> Self:
        """Return a scenario of two people who have just signed up; `purpose` is in their addresses."""
        unique = secrets.token_hex(4)
        seller, buyer = (
            Person(market, f"{purpose}-{role}-{unique}@example.com", secrets.token_urlsafe(12))
            for role in ("seller", "buyer")
        )
        for person in (seller, buyer):
            person.sign_up()
        return cls(market, seller=seller, buyer=buyer, patience=patience)

    @property
    def retries(self) -> int:
        """Return how often a request had to be repeated."""
        return self.market.retries

    def ticket(self, title: str) -> Json:
        """Let the seller list a ticket."""
        ticket = self.seller.list_ticket(title=title, price="19.99")
        self.tickets.append(ticket)
        return ticket

    def hold(self, ticket: Json) -> Json:
        """Let the buyer hold a ticket; the ticket must soon be locked by that order."""
        order = self.buyer.hold(ticket)
        self.orders.append(order)
        check("the new order is `created`", order["status"] == "created")
        self.until("the ticket is locked", lambda: self.seller.ticket(ticket)["orderId"] == order["id"])
        return order

    def clear(self) -> None:
        """Take what wasn't sold off sale again."""
        for ticket in self.tickets:
            if self.seller.ticket(ticket)["orderId"] is None:
                self.seller.withdraw(ticket)

    def order_is(self, order: Json, status: str) -> None:
        """Wait until the order has this status."""
        self.until(f"the order is `{status}`", lambda: self.buyer.order(order)["status"] == status)

    def ticket_is_free(self, ticket: Json) -> None:
        """Wait until no order holds the ticket."""
        self.until("the ticket is free again", lambda: self.seller.ticket(ticket)["orderId"] is None)

    def until(self, what: str, holds: Callable[[], bool], *, within: float | None = None) -> None:
        """Wait for something to become true. Raises ScenarioFailed when it doesn't in time, and Stopped."""
        deadline = time.monotonic() + (within or self.patience)
        while not holds():
            if self.stopping():
                raise Stopped
            if time.monotonic() > deadline:
                raise ScenarioFailed(f"not in time: {what}")
            time.sleep(_POLL)


#: One scenario; it returns in words what it did.
Play = Callable[[Scenario], str]


def check(what: str, holds: bool) -> None:
    """Raise ScenarioFailed with this sentence unless it holds."""
    if not holds:
        raise ScenarioFailed(f"not so: {what}")


def buy(scenario: Scenario) -> str:
    """Hold, pay, and own the ticket."""
    ticket = scenario.ticket("Demo: bought")
    order = scenario.hold(ticket)
    _pay_and_own(scenario, ticket, order)
    return "held, paid, complete; the money is captured and the ticket sold"


def decline(scenario: Scenario) -> str:
    """Try a card that is declined, keep the hold, and pay with another."""
    ticket = scenario.ticket("Demo: declined, then bought")
    order = scenario.hold(ticket)
    try:
        scenario.buyer.pay(order, DECLINED_CARD)
    except Refusal as refusal:
        check(f"a declined card is a 402, not {refusal}", refusal.status == _PAYMENT_REQUIRED)
        reason = refusal.reasons
    else:
        raise ScenarioFailed("not so: a declined card is refused")
    scenario.order_is(order, "created")
    _pay_and_own(scenario, ticket, order)
    return f"402 “{reason}”, the hold lived on, the next card worked"


def cancel(scenario: Scenario) -> str:
    """Hold, change one's mind, and see the ticket come back."""
    ticket = scenario.ticket("Demo: cancelled")
    order = scenario.hold(ticket)
    scenario.buyer.cancel(order)
    scenario.order_is(order, "cancelled")
    scenario.ticket_is_free(ticket)
    return "cancelled, and the ticket is for sale again"


def rush(scenario: Scenario) -> str:
    """Two people want the same ticket at the same moment: one gets it."""
    ticket = scenario.ticket("Demo: wanted by two")
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
    check(f"one of two got the ticket, not {len(orders)}", len(orders) == 1)
    return "two wanted the ticket at once, and one of them got it"


@dataclass(frozen=True)
class Lapse:
    """A hold that isn't paid."""

    ticket: Json
    order: Json
    made: float = field(default_factory=time.monotonic)


def begin_lapse(scenario: Scenario) -> Lapse:
    """Hold a ticket and do nothing more."""
    ticket = scenario.ticket("Demo: lapsed")
    return Lapse(ticket, scenario.hold(ticket))


def finish_lapse(scenario: Scenario, lapse: Lapse, *, hold_seconds: float) -> str:
    """Wait for the hold to end by itself and the ticket to come back."""
    within = hold_seconds + scenario.patience
    scenario.until(
        "the hold lapses", lambda: scenario.buyer.order(lapse.order)["status"] == "cancelled", within=within
    )
    reason = scenario.buyer.order(lapse.order)["cancelReason"]
    check(f"the order ended because it expired, not {reason}", reason == "expired")
    scenario.ticket_is_free(lapse.ticket)
    return f"not paid; after {hold_seconds:.0f} s the order expired and the ticket came back"


def _pay_and_own(scenario: Scenario, ticket: Json, order: Json) -> None:
    scenario.buyer.pay(order, GOOD_CARD)
    scenario.order_is(order, "complete")
    scenario.until("the money is captured", lambda: _captured(scenario, order) == 1)
    check("the sold ticket belongs to the order", scenario.seller.ticket(ticket)["orderId"] == order["id"])


def _captured(scenario: Scenario, order: Json) -> int:
    return sum(payment["status"] == "captured" for payment in scenario.buyer.payments(order))


def disagreements(scenario: Scenario) -> list[str]:
    """Return on which orders, tickets and payments of the scenario the services don't agree.

    Empty is right.
    """
    found: list[str] = []
    owners: dict[str, str] = {}
    for order in map(scenario.buyer.order, scenario.orders):
        status, captured = order["status"], _captured(scenario, order)
        if status == "complete":
            owners[order["ticket"]["id"]] = order["id"]
        if (status, captured) not in {("complete", 1), ("cancelled", 0)}:
            found.append(f"order {order['id']} is {status}, with {captured} captured payments")
    for ticket in map(scenario.seller.ticket, scenario.tickets):
        of, due = ticket["orderId"], owners.get(ticket["id"])
        found += [f"ticket {ticket['id']} belongs to {of}, not to {due}"] if of != due else []
    return found
