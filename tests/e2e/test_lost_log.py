"""Orders comes back from a dump and runs before its log is recovered: what is lost is named, and ended."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from inspection import backlog
from local_stack.backing import backups
from local_stack.stack import REPOSITORY
from local_stack.supervisor import pausing
from tests.load import scenarios
from tests.load.client import Json
from tests.load.scenarios import Scenario
from tests.running_stack import RunningStack, running_stack, wait_for

SUBSCRIBERS = ("tickets", "payments")


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """One of its own: what is lost here would be missed by others."""
    with running_stack(broker="embedded", hold_seconds=600) as stack:
        yield stack


def manage(stack: RunningStack, service: str, *arguments: str, given: str = "") -> tuple[int, str]:
    done = subprocess.run(
        stack.manage(service, *arguments), env=stack.environment(service), cwd=REPOSITORY, input=given,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout


def lose_what_comes_after_a_dump(
    stack: RunningStack, scenario: Scenario, file: Path
) -> tuple[list[Json], Json]:
    """Let people buy and hold, and restore orders from a dump without these purchases."""
    scenarios.buy(scenario)
    orders = stack.service("orders")
    with file.open("wb") as dump:
        backups.dump(stack.stack, orders, dump)
    known = len(scenario.orders)
    for _ in range(2):
        scenarios.buy(scenario)
    held = scenario.hold(scenario.ticket("Held, and never paid"))
    pausing.pause(stack.stack, orders)
    with file.open("rb") as dump:
        backups.restore(stack.stack, orders, dump)
    pausing.resume(stack.stack, orders)
    return scenario.orders[known:-1], held


def counts(stack: RunningStack, what: str) -> list[Any]:
    services = backlog.of_services(stack.stack, stack.credentials)
    return [services[service][what] for service in SUBSCRIBERS]


def compare(stack: RunningStack, *options: str) -> dict[str, tuple[int, list[str]]]:
    """What each says once it has read so far."""
    _, orders = manage(stack, "orders", "export_orders")
    said: dict[str, tuple[int, list[str]]] = {}

    def is_read() -> bool:
        for service in SUBSCRIBERS:
            code, text = manage(stack, service, "reconcile", "--orders=-", *options, given=orders)
            said[service] = (
                code,
                [line for line in text.splitlines() if line.startswith(("order ", "ticket "))],
            )
        return all(code != 2 for code, _ in said.values())

    wait_for(is_read, within=60, what="the streams being read")
    return said


@pytest.mark.timeout(300)
def test_everything_that_was_lost_is_named_and_ended(
    stack: RunningStack, scenario: Scenario, tmp_path: Path
) -> None:
    paid, held = lose_what_comes_after_a_dump(stack, scenario, tmp_path / "orders.dump")
    scenario.buyer.hold(scenario.ticket("Held after the restore"))
    wait_for(lambda: counts(stack, "halted") == [1, 1], within=60, what="both subscribers halting")
    for service in SUBSCRIBERS:
        assert manage(stack, service, "events", "resume", "order", "--from=0")[0] == 0
    assert counts(stack, "skipped") == [1, 1]

    found = compare(stack)
    lost = {order["id"] for order in (*paid, held)}
    for service in SUBSCRIBERS:
        code, lines = found[service]
        assert code == 1
        assert {order for order in lost if any(order in line for line in lines)} == lost
        assert all("orders doesn't have" in line and "--end-lost" in line for line in lines)

    assert {code for code, _ in compare(stack, "--end-lost").values()} == {0}
    wait_for(lambda: captured(stack) == complete(stack), within=60, what="all that was lost being refunded")
    assert compare(stack) == dict.fromkeys(SUBSCRIBERS, (0, []))
    for ticket in (held["ticket"], *(order["ticket"] for order in paid)):
        assert scenario.seller.ticket(ticket)["orderId"] is None
    settle_skipped(stack, lost)
    assert counts(stack, "skipped") == [0, 0]


def settle_skipped(stack: RunningStack, lost: set[str]) -> None:
    for service in SUBSCRIBERS:
        code, said = manage(stack, service, "events", "skipped")
        assert code == 1
        assert all(order in said for order in lost)
        number = said.split("\t")[0]
        assert manage(stack, service, "events", "skipped", "--settle", number, "--reason=Compared")[0] == 0


def captured(stack: RunningStack) -> set[Any]:
    with psycopg.connect(stack.database_url("payments")) as connection:
        rows = connection.execute("SELECT order_id FROM payments_payment WHERE status = 'captured'")
        return {order for (order,) in rows}


def complete(stack: RunningStack) -> set[Any]:
    with psycopg.connect(stack.database_url("orders")) as connection:
        return {
            order for (order,) in connection.execute("SELECT id FROM orders_order WHERE status = 'complete'")
        }
