"""Whatever is killed, whenever: nothing is lost, and every service agrees in the end."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest

from local_stack import scenes
from local_stack.marketplace import Marketplace, Person
from local_stack.scenes import Stage, disagreements
from local_stack.stripe_faults import Fault, StripeFaults
from local_stack.testing import RunningStack, wait_for

#: How long the services may take to agree once nothing is killed any more, in seconds.
SETTLE = 90.0
#: Within how many seconds a payment that was cut off is made once its service is there again: the lease of
#: the process that was killed would take thirty.
RETRIED = 10.0

VICTIMS = [
    "orders.relay",
    "tickets.events",
    "payments.commands",
    "orders.web",
    "orders.events",
    "payments.events",
    "tickets.relay",
    "payments.relay",
    "orders.commands",
    "payments.web",
    "tickets.web",
]


@contextmanager
def _trading(stages: list[Stage]) -> Iterator[list[Exception]]:
    """Play scenes on each stage, again and again, until the block ends."""
    stop, failures = threading.Event(), list[Exception]()

    def trade(stage: Stage) -> None:
        play: list[Callable[[Stage], str]] = [scenes.buy, scenes.cancel, scenes.decline]
        turn = 0
        while not stop.is_set():
            try:
                play[turn % len(play)](stage)
            except Exception as error:
                failures.append(error)
            turn += 1

    threads = [threading.Thread(target=trade, args=(stage,)) for stage in stages]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _agree(stages: list[Stage]) -> None:
    def nothing_open() -> bool:
        return not any(disagreements(stage) for stage in stages)

    try:
        wait_for(nothing_open, within=SETTLE, what="agreement")
    except TimeoutError:
        pytest.fail("\n".join(line for stage in stages for line in disagreements(stage)))


def _kill_with_workers(stack: RunningStack, part: str) -> None:
    """Kill a part's process and its children, and wait until another one is ready."""
    pid = int(stack.part(part)["pid"])
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        process.kill()
    stack.wait_until_replaced(part, pid)
    stack.wait_until_ready()


@pytest.fixture
def stages(market: Marketplace, person: Callable[[], Person]) -> list[Stage]:
    return [Stage(market, seller=person(), buyer=person(), patience=90) for _ in range(2)]


@pytest.mark.timeout(400)
class TestKillNine:
    def test_of_every_web_worker_and_relay_under_trade_loses_nothing(
        self, stack: RunningStack, stages: list[Stage]
    ) -> None:
        with _trading(stages) as failures:
            for victim in VICTIMS:
                pid = stack.kill(victim)
                stack.wait_until_replaced(victim, pid)
        stack.wait_until_ready()
        assert failures == []
        _agree(stages)
        assert all(stage.orders for stage in stages)

    def test_of_the_broker_under_trade_loses_nothing(self, stack: RunningStack, stages: list[Stage]) -> None:
        if os.environ.get("STACK_BROKER") != "rabbitmq":
            pytest.skip("the embedded broker is a directory: there is no process to kill")
        with _trading(stages) as failures:
            time.sleep(2)  # let trade begin
            pid = stack.kill("rabbitmq")
            stack.wait_until_replaced("rabbitmq", pid)
            stack.wait_until_ready()
        assert failures == []
        _agree(stages)

    def test_of_the_database_under_trade_loses_nothing(
        self, stack: RunningStack, stages: list[Stage]
    ) -> None:
        with _trading(stages) as failures:
            time.sleep(2)  # let trade begin
            # SIGQUIT is Postgres's own immediate shutdown: no checkpoint, recovery at the next start.
            pid = stack.kill("postgres", signal.SIGQUIT)
            stack.wait_until_replaced("postgres", pid)
            stack.wait_until_ready()
        assert failures == []
        _agree(stages)

    def test_of_web_in_mid_payment_keeps_its_buyer_waiting_no_longer_than_the_restart(
        self, stack: RunningStack, stages: list[Stage]
    ) -> None:
        [stage, _] = stages
        order = stage.hold(stage.ticket("Paid by two processes"))
        with StripeFaults(f"http://{stack.address('stripe')}") as faults, ThreadPoolExecutor(1) as pool:
            # The bank does what the killed process has asked for, but only after the retry.
            faults.plan(Fault("confirm", "delay", times=1, seconds=8))
            paid = pool.submit(stage.buyer.pay, order, scenes.GOOD_CARD)
            wait_for(lambda: faults.struck() == [1], what="the bank's turn")
            _kill_with_workers(stack, "payments.web")
            began = time.monotonic()
            assert paid.result()["status"] in ("authorized", "captured")
            assert time.monotonic() - began < RETRIED
        stage.order_is(order, "complete")
        _agree([stage])


@pytest.mark.timeout(400)
class TestAServiceThatWasAway:
    def test_catches_up_by_itself(self, stack: RunningStack, stages: list[Stage]) -> None:
        [stage, _] = stages
        parts = ("payments.web", "payments.events", "payments.commands", "payments.relay")
        for part in parts:
            stack.stop(part)
        ticket = stage.ticket("Sold while payments was away")
        scenes.cancel(stage)
        order = stage.hold(ticket)
        for part in parts:
            stack.start(part)
        stage.buyer.pay(order, scenes.GOOD_CARD)
        stage.order_is(order, "complete")
        _agree([stage])

    def test_does_not_keep_the_others_from_working(self, stack: RunningStack, stages: list[Stage]) -> None:
        [stage, _] = stages
        stack.stop("tickets.events")
        ticket = stage.ticket("Listed and held without the listing knowing")
        order = stage.buyer.hold(ticket)
        stage.orders.append(order)
        stage.buyer.pay(order, scenes.GOOD_CARD)
        stage.order_is(order, "complete")
        assert stage.seller.ticket(ticket)["orderId"] is None
        stack.start("tickets.events")
        _agree([stage])


@pytest.mark.timeout(300)
class TestWithoutTheBroker:
    def test_the_site_still_takes_orders_and_they_flow_when_it_is_back(
        self, stack: RunningStack, stages: list[Stage]
    ) -> None:
        if os.environ.get("STACK_BROKER") != "rabbitmq":
            pytest.skip("the embedded broker is a directory: it can't be away")
        [stage, _] = stages
        ticket = stage.ticket("Held without a broker")
        other = stage.ticket("Known before the broker went")
        stage.buyer.cancel(stage.hold(ticket))  # both are known to orders now
        stack.stop("rabbitmq")
        order = stage.buyer.hold(other)
        stage.orders.append(order)
        stack.start("rabbitmq")
        stage.until("the ticket is locked", lambda: stage.seller.ticket(other)["orderId"] == order["id"])
        stage.buyer.pay(order, scenes.GOOD_CARD)
        stage.order_is(order, "complete")
        _agree([stage])
