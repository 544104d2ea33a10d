"""The market that all examples share, and how long the machine plays with it."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.model.fake_broker import SERVICES
from tests.model.market import Market

_PLAY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    stateful_step_count=50,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    # Without shrinking, which takes minutes: `--hypothesis-profile=shrink` does it.
    phases=(Phase.generate,),
)
settings.register_profile("short", _PLAY, max_examples=27)
settings.register_profile("model", _PLAY, max_examples=270)
settings.register_profile("shrink", _PLAY, max_examples=270, phases=(Phase.generate, Phase.shrink))
settings.load_profile("short")


@pytest.fixture(scope="session")
def market() -> Iterator[Market]:
    """Three services, each with a database of its own beside the one that MODEL_DATABASE_URL names."""
    given = urlsplit(os.environ["MODEL_DATABASE_URL"])
    names = {service: f"{given.path[1:]}_{service}" for service in SERVICES}
    with psycopg.connect(urlunsplit(given), autocommit=True) as connection:
        for name in names.values():
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        market = Market({s: urlunsplit(given._replace(path=f"/{name}")) for s, name in names.items()})
        yield market
        market.stop()
        for name in names.values():
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
