"""Replacing processes under load, with the control that shows that the load would notice."""

import os
from collections.abc import Iterator

import pytest

from inspection.event_status import EventStatuses
from local_stack.supervisor.control_client import Supervision
from local_stack.supervisor.rolling import restart
from tests.load.restart import streams_behind, under_load
from tests.running_stack import RunningStack, running_stack, wait_for


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(broker=os.environ.get("STACK_BROKER", "embedded"), hold_seconds=180) as stack:
        yield stack


class TestRestart:
    def test_under_load_fails_no_request_and_loses_no_event(
        self, stack: RunningStack, capfd: pytest.CaptureFixture[str]
    ) -> None:
        before = {name: part["pid"] for name, part in stack.processes().items()}
        chosen = ["orders", "payments.web", "frontend.web", "tickets.events"]
        assert restart(stack.stack, chosen, under_load=True) == 0, capfd.readouterr()
        replaced = {name for name, part in stack.processes().items() if part["pid"] != before[name]}
        assert replaced == {
            *("orders.web", "orders.events", "orders.commands", "orders.relay"),
            *("payments.web", "frontend.web", "tickets.events"),
        }
        assert all(stack.process(name)["restarts"] == 0 for name in replaced)

    def test_that_only_stops_and_starts_is_noticed(
        self, stack: RunningStack, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """The control: the same load, and a web process that is stopped before another is there."""
        with under_load(stack.stack) as load:
            load.warm_up()
            for name in ("orders.web", "frontend.web", "tickets.web"):
                Supervision(stack.stack).restart(name)
            load.cool_down()
            assert load.verdict() == 1
        assert "✗" in capfd.readouterr().err

    def test_counts_an_event_that_was_not_received(self, stack: RunningStack) -> None:
        """The control: with its worker away, a service is behind."""
        with EventStatuses(stack.stack) as statuses:

            def behind() -> list[str]:
                return streams_behind(stack.stack.system, statuses.read())

            wait_for(lambda: behind() == [], within=60)
            stack.stop("payments.events")
            try:
                with under_load(stack.stack) as load:
                    load.warm_up()
                assert any("payments has read" in line for line in behind())
            finally:
                stack.start("payments.events")
            wait_for(lambda: behind() == [], within=60)
