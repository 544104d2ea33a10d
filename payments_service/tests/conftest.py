"""What the payments tests share: the fake Stripe as a process, used through the real client."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from payments_service.tests.fake_stripe import FakeStripe
from shared_events.ids import uuid7

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from payments_service.tests.story import PlacedOrder


@pytest.fixture(scope="session")
def _fake_stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeStripe]:
    fake = FakeStripe(tmp_path_factory.mktemp("stripe") / "stripe.sqlite3")
    yield fake
    fake.stop()


@pytest.fixture
def provider(_fake_stripe: FakeStripe, settings) -> Iterator[FakeStripe]:
    """The fake Stripe; its store lasts for the whole run."""
    from payments_service.providers import stripe

    settings.STRIPE_API_BASE = _fake_stripe.address
    stripe._client.cache_clear()
    yield _fake_stripe
    stripe._client.cache_clear()


@pytest.fixture
def provider_is_down(provider: FakeStripe, settings) -> None:
    """Stripe's address refuses connections."""
    from payments_service.providers import stripe

    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    stripe._client.cache_clear()


@pytest.fixture
def buyer() -> UUID:
    return uuid7()


@pytest.fixture
def shop(api: "APIClient", sign_in, buyer: UUID) -> "APIClient":
    """A client that is signed in as the buyer."""
    sign_in(api, buyer)
    return api


@pytest.fixture
def order(shop: "APIClient", provider: FakeStripe, buyer: UUID) -> "PlacedOrder":
    """An order whose payment is authorised."""
    from payments_service.tests.story import PlacedOrder

    placed = PlacedOrder(buyer)
    assert shop.post("/api/payments", placed.body()).status_code == 201
    return placed
