"""The state machine: what people, banks, clocks and brokers may do to the marketplace, in any order."""

import sys
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.model.fake_broker import ROUTES, SERVICES
from tests.model.logs import check_copies, check_logs
from tests.model.market import FAULTS, SETTLE, Market
from tests.model.people import BUYERS, LONG, SUSPECT, People, pick
from tests.model.provider import CHALLENGED, DECLINED, GOOD
from tests.model.snapshot import Snapshot
from tests.model.truths import check_always, check_at_rest

MOST_TICKETS, MOST_WITHDRAWN, MOST_ORDERS = 4, 2, 6
#: From a moment to past every deadline and lease.
STRIDES = [*(timedelta(seconds=seconds) for seconds in (1, 16, 61, 61, 400)), LONG]

#: Which one, the likeliest first.
_parts = st.sampled_from([None, None, "0.01", "4.00", "10.00"])
_nth = st.sampled_from([0, 0, 0, 0, 0, 1, 1, 2, 3])
#: What runs at once after a user's action: nothing, the delivery of its events, or all that follows from it.
_then = st.sampled_from(["all", "all", "news", "nothing"])
_cards = st.sampled_from([GOOD, GOOD, GOOD, DECLINED, CHALLENGED])
_faults = st.just([]) | st.lists(st.sampled_from(FAULTS), min_size=1, max_size=4)
_happenings = st.sampled_from(
    ["news", "the hold lapses", "the buyer cancels", "a second worker", "a second click", "a webhook"]
)


class Marketplace(People, RuleBasedStateMachine):
    """Drives a market. `steps` counts the rules that were run, over all examples."""

    steps = 0

    def __init__(self, market: Market) -> None:
        super().__init__()
        self.market = market
        market.begin_anew()
        self.before: Snapshot | None = None
        self.snapshot = market.snapshot()

    # People

    @initialize()
    def open_shop(self) -> None:
        for buyer in BUYERS:
            ticket = self._list()
            self.market.flow()
            self.market.call("orders", "place_order", buyer=buyer, ticket=ticket)
        self.market.flow()
        self.snapshot = self.market.snapshot()

    @precondition(lambda self: len(self.snapshot.tickets) < MOST_TICKETS)
    @rule()
    def list_ticket(self) -> None:
        self._list()

    @rule(ticket=_nth, price=st.sampled_from(["10.00", "35.50"]))
    def edit(self, ticket: int, price: str) -> None:
        self._as_seller("edit_ticket", ticket, price=price)

    @precondition(lambda self: sum(t["withdrawn"] for t in self.snapshot.tickets.values()) < MOST_WITHDRAWN)
    @rule(ticket=_nth)
    def withdraw(self, ticket: int) -> None:
        self._as_seller("withdraw_ticket", ticket)

    @rule(ticket=_nth, buyer=st.sampled_from([*BUYERS, SUSPECT]), then=_then)
    def buy(self, ticket: int, buyer: str, then: str) -> None:
        chosen = self._ticket(ticket)["id"]
        copy = self.snapshot.ticket_copies.get(chosen)
        _, refused = self.market.attempt("orders", "place_order", buyer=buyer, ticket=chosen)
        expected = "TicketAlreadyReserved" if self.snapshot.live(chosen) else ""
        if self.snapshot.is_suspended(buyer, "orders"):
            expected = "BuyerSuspended"
        if copy is None or copy["withdrawn"]:
            expected = "TicketNotFound"
        assert refused == expected, f"{refused or 'sold'} instead of {expected or 'sold'}"
        self._go_on(then)

    @precondition(lambda self: self.snapshot.orders)
    @rule(order=_nth, then=_then)
    def cancel(self, order: int, then: str) -> None:
        self._cancel(self._order(order))
        self._go_on(then)

    @precondition(lambda self: self.snapshot.orders)
    @rule(order=_nth)
    def extend(self, order: int) -> None:
        chosen = self._order(order)
        self.market.attempt("orders", "extend_order", order=chosen["id"], buyer=chosen["user_id"])

    @rule(order=_nth, card=_cards, then=_then)
    def pay(self, order: int, card: str, then: str) -> None:
        self._pay_as_promised(self._order_to_pay(order), card)
        self._go_on(then)

    @precondition(lambda self: len(self.snapshot.orders) < MOST_ORDERS)
    @rule()
    def pay_and_own(self) -> None:
        self._pay_as_promised(self._order_to_pay(0), GOOD)
        self.market.run_commands()

    @rule(order=_nth, card=_cards, faults=_faults, happening=_happenings, then=_then)
    def pay_in_bad_weather(self, order: int, card: str, faults: list[str], happening: str, then: str) -> None:
        chosen = self._order_to_pay(order)
        self._brew(faults, happening, chosen)
        self._pay(chosen, card)
        self._go_on(then)

    @rule(order=_nth, happening=st.sampled_from(["the hold lapses", "the buyer cancels"]), then=_then)
    def pay_too_late(self, order: int, happening: str, then: str) -> None:
        """The provider reserves the money, and before that is known here the hold ends."""
        chosen = self._order_to_pay(order)
        self._brew(["none", "meanwhile after"], happening, chosen)
        self._pay(chosen, GOOD)
        self._go_on(then)

    @rule(order=_nth, faults=_faults, happening=_happenings)
    def open_payment_page(self, order: int, faults: list[str], happening: str) -> None:
        chosen = self._order_to_pay(order)
        self._brew(faults, happening, chosen)
        self.market.attempt("payments", "open_intent", order=chosen["id"], buyer=chosen["user_id"])

    @rule(order=_nth)
    def pay_while_the_order_ends(self, order: int) -> None:
        """A payment that begins and the order's end may come in either order; the payment is settled."""
        chosen = self._payable_order(order)
        self._cancel(chosen)
        self.market.relay("orders")
        batch = self.market.news_of("order")
        payment, _ = self.market.attempt(
            "payments", "start_while_news_comes", order=chosen["id"], buyer=chosen["user_id"], batch=batch
        )
        self.market.deliver("payments", "order")
        snapshot = self.market.snapshot()
        if payment is not None and snapshot.order_copies[chosen["id"]]["status"] == "cancelled":
            due = datetime.fromisoformat(snapshot.payments[payment]["due_at"])
            assert due <= self.market.broker.now, "the end of a new payment's order was missed"

    @rule(what=st.sampled_from(["suspended", "reinstated", "sessions_ended"]), then=_then)
    def update_user(self, what: str, then: str) -> None:
        """An operator suspends or reinstates one of the buyers, or ends their sessions."""
        before = [
            event for event in self.market.broker.logs["user"] if event["type"] != "user.sessions_ended"
        ]
        is_suspended = bool(before) and before[-1]["type"] == "user.suspended"
        if what == "sessions_ended":
            status = "suspended" if is_suspended else "active"
        else:
            what, status = ("reinstated", "active") if is_suspended else ("suspended", "suspended")
        self.market.publish_user_event(SUSPECT, what, status=status)
        self._go_on(then)

    @precondition(lambda self: self._captured())
    @rule(payment=_nth, part=_parts, faults=_faults, happening=_happenings, then=_then)
    def refund(self, payment: int, part: str | None, faults: list[str], happening: str, then: str) -> None:
        """All that is left, or a part; a part is refused to who asks again and has seen the same payment."""
        chosen = pick(self._captured(), payment)
        wanted = {"payment": chosen["id"], "part": part, "version": chosen["version"]}
        _, refusal = self.market.attempt("payments", "refund", **wanted)
        if part and not refusal:
            _, refusal = self.market.attempt("payments", "refund", **wanted)
            assert refusal, f"{part} of {chosen} was refunded twice"
        self._brew(faults, happening, self.snapshot.orders[chosen["order_id"]])
        self._go_on(then)

    # The provider and the buyer's browser

    @precondition(lambda self: self._in_browsers())
    @rule(payment=_nth, card=_cards)
    def confirm_in_browser(self, payment: int, card: str) -> None:
        self.market.provider.confirm_in_browser(pick(self._in_browsers(), payment)["intent_id"], card)

    @precondition(lambda self: self._challenged())
    @rule(intent=_nth, success=st.booleans())
    def answer_challenge(self, intent: int, *, success: bool) -> None:
        self.market.provider.authenticate(pick(self._challenged(), intent)["id"], success=success)

    @precondition(lambda self: self.market.provider.webhooks)
    @rule(nth=_nth, times=st.integers(1, 3))
    def receive_webhook(self, nth: int, times: int) -> None:
        """In any order, any number of times; only the first one counts."""
        webhooks = self.market.provider.webhooks
        event = webhooks[-1 - nth % len(webhooks)]
        self.market.call("payments", "receive_webhook", **event)
        self.market.relay("payments")
        for _ in range(times - 1):
            self.market.call("payments", "receive_webhook", **event)
            assert not self.market.relay("payments"), f"{event} counted again"

    @precondition(lambda self: self.market.provider.intents)
    @rule(intent=_nth)
    def lapse_at_the_bank(self, intent: int) -> None:
        self.market.provider.let_authorisation_lapse(pick(self.market.provider.intents, intent).id)

    @precondition(lambda self: self.market.provider.intents)
    @rule(intent=_nth, part=st.sampled_from([100, 700, 100_000]))
    def refund_by_clerk(self, intent: int, part: int) -> None:
        self.market.provider.refund_by_clerk(pick(self.market.provider.intents, intent).id, part)

    @precondition(lambda self: self.market.provider.late)
    @rule()
    def let_late_requests_arrive(self) -> None:
        self.market.provider.let_late_requests_arrive()

    # Time, workers and the broker

    @rule(stride=st.sampled_from(STRIDES))
    def pass_time(self, stride: timedelta) -> None:
        self.market.broker.now += stride

    @rule(service=st.sampled_from(["orders", "payments"]), then=_then)
    def sweep(self, service: str, then: str) -> None:
        self.market.call(service, "sweep")
        self._go_on(then)

    @precondition(lambda self: any(self.market.broker.commands.values()))
    @rule(nth=_nth, faults=_faults, happening=_happenings, order=_nth)
    def run_command(self, nth: int, faults: list[str], happening: str, order: int) -> None:
        """Whichever first; commands keep no order."""
        self._brew(faults, happening, self._order(order))
        service = next(service for service, waiting in self.market.broker.commands.items() if waiting)
        self.market.run_command(service, nth)

    @precondition(lambda self: self.snapshot.payments)
    @rule(payment=_nth, faults=_faults, happening=_happenings)
    def settle(self, payment: int, faults: list[str], happening: str) -> None:
        chosen = pick(self.snapshot.payments, payment)
        self._brew(faults, happening, self.snapshot.orders[chosen["order_id"]])
        self.market.attempt("payments", SETTLE, payment_id=chosen["id"])

    @precondition(lambda self: any(self.market.broker.commands.values()))
    @rule()
    def lose_commands(self) -> None:
        for waiting in self.market.broker.commands.values():
            waiting.clear()

    @rule(service=st.sampled_from(SERVICES))
    def relay(self, service: str) -> None:
        self.market.relay(service)

    @rule(
        broker=st.sampled_from(ROUTES),
        again=st.integers(0, 3),
        ahead=st.integers(0, 1),
        most=st.integers(1, 4),
    )
    def deliver(self, broker: tuple[str, str], again: int, ahead: int, most: int) -> None:
        self.market.deliver(*broker, again=again, ahead=ahead, most=most)

    @rule(broker=st.sampled_from(ROUTES))
    def deliver_to_a_failing_handler(self, broker: tuple[str, str]) -> None:
        self.market.deliver(*broker, poison=True)

    @rule(broker=st.sampled_from(ROUTES), most=st.integers(0, 3), then=_then)
    def replay(self, broker: tuple[str, str], most: int, then: str) -> None:
        """From 1, and not to the end at once: meanwhile people go on."""
        self.market.replay(*broker)
        if most:
            self.market.deliver(*broker, most=most)
        self._go_on(then)

    @rule(service=st.sampled_from(SERVICES))
    def redrive(self, service: str) -> None:
        self.market.call(service, "redrive")

    @rule(then=_then, faults=_faults, happening=_happenings, order=_nth)
    def go_on(self, then: str, faults: list[str], happening: str, order: int) -> None:
        self._brew(faults, happening, self._order(order))
        self._go_on(then)

    @rule(service=st.sampled_from(SERVICES))
    def restart(self, service: str) -> None:
        self.market.restart(service)

    # What must hold

    @invariant()
    def holds(self) -> None:
        type(self).steps += 1
        self.market.broker.faults.clear()
        self.snapshot = self.market.snapshot()
        check_always(self.snapshot, self.market.provider, self.before)
        check_copies(self.snapshot, self.market.broker)
        self.before = self.snapshot

    def teardown(self) -> None:
        """Where nothing was found on the way: let it come to rest, and look again."""
        # It also runs when a step has failed, which is then being raised.
        if sys.exc_info()[0] is None:
            self.market.come_to_rest()
            self.holds()
            check_at_rest(self.snapshot, self.market.provider)
            check_logs(self.snapshot, self.market.broker)
