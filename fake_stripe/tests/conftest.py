from collections.abc import Iterator

import pytest

from fake_stripe.tests.running import Endpoint, FakeStripe, endpoint


@pytest.fixture(scope="module")
def received() -> Iterator[Endpoint]:
    """An endpoint that receives the fake Stripe's webhooks."""
    with endpoint() as received:
        yield received


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory, received: Endpoint) -> Iterator[FakeStripe]:
    """A fake Stripe for each module of tests."""
    fake = FakeStripe(tmp_path_factory.mktemp("stripe") / "store.sqlite3", received.url)
    yield fake
    fake.http.close()
    fake.kill()
