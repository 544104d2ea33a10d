"""Whatever is killed, whenever: nothing is lost, and every service agrees in the end."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest

from inspection import backlog
from local_stack.backing import rabbitmq
from local_stack.credentials import credentials_of
from local_stack.stack import REPOSITORY
from tests.chaos.stripe_faults import Fault, StripeFaults
from tests.load import scenarios
from tests.load.client import Marketplace, Person
from tests.load.scenarios import Scenario, disagreements
from tests.running_stack import RunningStack, wait_for

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
def _trading(stages: list[Scenario]) -> Iterator[list[Exception]]:
    """Play scenarios on each scenario, again and again, until the block ends."""
    stop, failures = threading.Event(), list[Exception]()

    def load(scenario: Scenario) -> None:
        play: list[Callable[[Scenario], str]] = [scenarios.buy, scenarios.cancel, scenarios.decline]
        turn = 0
        while not stop.is_set():
            try:
                play[turn % len(play)](scenario)
            except Exception as error:
                failures.append(error)
            turn += 1

    threads = [threading.Thread(target=load, args=(scenario,)) for scenario in stages]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _agree(stages: list[Scenario]) -> None:
    def nothing_open() -> bool:
        return not any(disagreements(scenario) for scenario in stages)

    try:
        wait_for(nothing_open, within=SETTLE, what="agreement")
    except TimeoutError:
        pytest.fail("\n".join(line for scenario in stages for line in disagreements(scenario)))


def _kill_with_workers(stack: RunningStack, part: str) -> None:
    """Kill a part's process and its children, and wait until another one is ready."""
    pid = int(stack.process(part)["pid"])
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        process.kill()
    stack.wait_until_replaced(part, pid)
    stack.wait_until_ready()


@pytest.fixture
def stages(market: Marketplace, person: Callable[[], Person]) -> list[Scenario]:
    return [Scenario(market, seller=person(), buyer=person(), patience=90) for _ in range(2)]


@pytest.mark.timeout(400)
class TestKillNine:
    def test_of_every_web_worker_and_relay_under_trade_loses_nothing(
        self, stack: RunningStack, stages: list[Scenario]
    ) -> None:
        with _trading(stages) as failures:
            for victim in VICTIMS:
                pid = stack.kill(victim)
                stack.wait_until_replaced(victim, pid)
        stack.wait_until_ready()
        assert failures == []
        _agree(stages)
        assert all(scenario.orders for scenario in stages)

    def test_of_the_broker_under_trade_loses_nothing(
        self, stack: RunningStack, stages: list[Scenario]
    ) -> None:
        if os.environ.get("STACK_BROKER") != "rabbitmq":
            pytest.skip("the embedded broker is a directory: there is no process to kill")
        with _trading(stages) as failures:
            time.sleep(2)  # let load begin
            pid = stack.kill("rabbitmq")
            stack.wait_until_replaced("rabbitmq", pid)
            stack.wait_until_ready()
        assert failures == []
        _agree(stages)

    def test_of_the_database_under_trade_loses_nothing(
        self, stack: RunningStack, stages: list[Scenario]
    ) -> None:
        with _trading(stages) as failures:
            time.sleep(2)  # let load begin
            # SIGQUIT is Postgres's own immediate shutdown: no checkpoint, recovery at the next start.
            pid = stack.kill("postgres", signal.SIGQUIT)
            stack.wait_until_replaced("postgres", pid)
            stack.wait_until_ready()
        assert failures == []
        _agree(stages)

    def test_of_web_in_mid_payment_keeps_its_buyer_waiting_no_longer_than_the_restart(
        self, stack: RunningStack, stages: list[Scenario]
    ) -> None:
        [scenario, _] = stages
        order = scenario.hold(scenario.ticket("Paid by two processes"))
        with StripeFaults(f"http://{stack.address('stripe')}") as faults, ThreadPoolExecutor(1) as pool:
            # The bank confirms the killed process's request, but only after the retry.
            faults.plan(Fault("confirm", "delay", times=1, seconds=8))
            paid = pool.submit(scenario.buyer.pay, order, scenarios.GOOD_CARD)
            wait_for(lambda: faults.struck() == [1], what="the bank's turn")
            _kill_with_workers(stack, "payments.web")
            began = time.monotonic()
            assert paid.result()["status"] in ("authorized", "captured")
            assert time.monotonic() - began < RETRIED
        scenario.order_is(order, "complete")
        _agree([scenario])


@pytest.mark.timeout(400)
class TestAServiceThatWasAway:
    def test_catches_up_by_itself(self, stack: RunningStack, stages: list[Scenario]) -> None:
        [scenario, _] = stages
        parts = ("payments.web", "payments.events", "payments.commands", "payments.relay")
        for part in parts:
            stack.stop(part)
        ticket = scenario.ticket("Sold while payments was away")
        scenarios.cancel(scenario)
        order = scenario.hold(ticket)
        for part in parts:
            stack.start(part)
        scenario.buyer.pay(order, scenarios.GOOD_CARD)
        scenario.order_is(order, "complete")
        _agree([scenario])

    def test_does_not_keep_the_others_from_working(self, stack: RunningStack, stages: list[Scenario]) -> None:
        [scenario, _] = stages
        stack.stop("tickets.events")
        ticket = scenario.ticket("Listed and held without the listing knowing")
        order = scenario.buyer.hold(ticket)
        scenario.orders.append(order)
        scenario.buyer.pay(order, scenarios.GOOD_CARD)
        scenario.order_is(order, "complete")
        assert scenario.seller.ticket(ticket)["orderId"] is None
        stack.start("tickets.events")
        _agree([scenario])


@pytest.mark.timeout(300)
class TestWithoutTheBroker:
    def test_the_site_still_takes_orders_and_they_flow_when_it_is_back(
        self, stack: RunningStack, stages: list[Scenario]
    ) -> None:
        if os.environ.get("STACK_BROKER") != "rabbitmq":
            pytest.skip("the embedded broker is a directory: it can't be away")
        [scenario, _] = stages
        ticket = scenario.ticket("Held without a broker")
        other = scenario.ticket("Known before the broker went")
        scenario.buyer.cancel(scenario.hold(ticket))  # both are known to orders now
        stack.stop("rabbitmq")
        order = scenario.buyer.hold(other)
        scenario.orders.append(order)
        stack.start("rabbitmq")
        scenario.until(
            "the ticket is locked", lambda: scenario.seller.ticket(other)["orderId"] == order["id"]
        )
        scenario.buyer.pay(order, scenarios.GOOD_CARD)
        scenario.order_is(order, "complete")
        _agree([scenario])


class TestARelayThatIsAway:
    def test_is_said_at_once_and_no_more_once_it_is_back(self, stack: RunningStack) -> None:
        def away() -> float | None:
            seconds: float | None = backlog.of_services(stack.stack, credentials_of(stack.run_dir))["orders"][
                "relay_away"
            ]
            return seconds

        assert away() is None
        stack.stop("orders.relay")
        try:
            assert away() is not None
        finally:
            stack.start("orders.relay")
        wait_for(lambda: away() is None, what="the relay's lease")


@pytest.mark.timeout(300)
class TestABrokerThatIsStuck:
    def call(self, stack: RunningStack) -> int:
        """What a cluster's liveness probe says of the node."""
        script = rabbitmq.server_script()
        assert script
        environment = rabbitmq.node_environment(stack.stack)
        environment |= {
            "PATH": f"{script.parent}:{environment['PATH']}",
            "RABBITMQ_NODENAME": rabbitmq.node_name(stack.stack),
        }
        probe = REPOSITORY / "deploy/k8s/base/rabbitmq/healthy"
        return subprocess.run(["sh", str(probe)], env=environment, check=False).returncode

    def test_is_found_out_by_both_probes_and_started_anew(
        self, stack: RunningStack, stages: list[Scenario]
    ) -> None:
        if os.environ.get("STACK_BROKER") != "rabbitmq":
            pytest.skip("the embedded broker is a directory: it can't be stuck")
        pid = stack.process("rabbitmq")["pid"]
        assert self.call(stack) == 0
        rabbitmq.rabbitmqctl(
            stack.stack, "eval", "supervisor:terminate_child(ra_systems_sup, quorum_queues)."
        )
        assert self.call(stack) == 1
        stack.wait_until_replaced("rabbitmq", pid)
        assert "the broker confirms nothing" in stack.process("rabbitmq")["last_restart"]
        assert self.call(stack) == 0
        [scenario, _] = stages
        scenarios.buy(scenario)
        _agree([scenario])
