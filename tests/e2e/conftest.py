"""A whole stack on the broker that STACK_BROKER names, and people who use it through the gateway."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest

from tests.load.client import Marketplace, Person
from tests.load.scenarios import Scenario
from tests.running_stack import RunningStack, running_stack

#: Longer than a buyer needs whose payment was cut off by a crash: its lease, and then another try.
HOLD_SECONDS = 180

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    with running_stack(broker=os.environ.get("STACK_BROKER", "embedded"), hold_seconds=HOLD_SECONDS) as stack:
        yield stack


@pytest.fixture
def market(stack: RunningStack) -> Iterator[Marketplace]:
    with closing(Marketplace(stack.url, patience=90)) as market:
        yield market


@pytest.fixture
def person(market: Marketplace) -> Callable[[], Person]:
    """Sign a new user up."""

    def person() -> Person:
        user = Person(market, f"{uuid.uuid4().hex}@example.com", PASSWORD)
        user.sign_up()
        return user

    return person


@pytest.fixture
def scenario(market: Marketplace, person: Callable[[], Person]) -> Scenario:
    return Scenario(market, seller=person(), buyer=person(), patience=60)


@pytest.fixture
def browser(stack: RunningStack) -> Iterator[httpx.Client]:
    """A client with cookies, whose requests come from the site's own pages."""
    with httpx.Client(base_url=stack.url, headers={"Origin": stack.url}, timeout=30) as client:
        yield client


@pytest.fixture
def signed_in(browser: httpx.Client) -> httpx.Client:
    """The same, signed up."""
    credentials = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
    browser.post("/api/users/signup", json=credentials).raise_for_status()
    return browser
