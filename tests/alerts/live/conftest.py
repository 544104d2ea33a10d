"""A stack on RabbitMQ with a Prometheus that watches it."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.alerts.live.prometheus import FAST, Prometheus, watching
from tests.load import scenarios
from tests.load.client import Marketplace
from tests.load.generator import LoadGenerator
from tests.running_stack import RunningStack, running_stack

#: Seconds after which a payment counts as stuck; 600 by default.
_STUCK = "10"
_PATIENCE = 30.0
#: Seconds that the stack's start and its last purchases may take.
_BEFORE_AND_AFTER = 1200


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `PYTEST_ADDOPTS=--minutes=60` watch normal operation for longer."""
    parser.addoption("--minutes", default="10", help="how long normal operation is watched")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the watching the time that it takes."""
    seconds = 60 * float(config.getoption("--minutes"))
    for item in items:
        if item.path.name == "test_quiet.py":
            item.add_marker(pytest.mark.timeout(seconds + _BEFORE_AND_AFTER))


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    overrides = {"PAYMENTS_STUCK_SECONDS": _STUCK, "DJANGO_RATE_WRITES": "off"}
    with running_stack(broker="rabbitmq", overrides=overrides) as stack:
        yield stack


@pytest.fixture
def load(stack: RunningStack) -> Iterator[LoadGenerator]:
    """A buyer who is always buying."""
    load = LoadGenerator(
        client=partial(Marketplace, stack.url, patience=_PATIENCE),
        plays=(scenarios.buy, scenarios.cancel, scenarios.decline),
        buyers=1,
        patience=_PATIENCE,
    )
    with load.running():
        yield load


@pytest.fixture(scope="module")
def prometheus(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with watching(stack, tmp_path_factory.mktemp("prometheus"), FAST) as prometheus:
        yield prometheus
