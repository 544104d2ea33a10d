"""Ten minutes of normal operation raise none of the alerts as they are shipped."""

import time
from pathlib import Path

import pytest

from tests.alerts.live.prometheus import SHIPPED, excused, watching
from tests.load.demo import new_scenario
from tests.load.demo_loop import DemoLoop
from tests.running_stack import running_stack

_HOLD = 20


def test_normal_operation_raises_no_alert(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    seconds = 60 * float(request.config.getoption("--minutes"))
    with (
        running_stack(broker="rabbitmq", hold_seconds=_HOLD) as stack,
        watching(stack, tmp_path, SHIPPED) as prometheus,
        new_scenario(stack.stack) as scenario,
    ):
        began, end = time.time(), time.monotonic() + seconds
        played, rounds = DemoLoop(scenario, _HOLD), 0
        while time.monotonic() < end:
            rounds += 1
            played.play_round(rounds)
        played.finish_lapses(everything=True)
        assert prometheus.states().keys() - excused() == set(), prometheus.describe()
        assert prometheus.fired(began).keys() - excused() == set()
        assert rounds > 1
        assert not played.failures
