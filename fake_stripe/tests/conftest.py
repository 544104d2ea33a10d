from collections.abc import Iterator

import pytest

from fake_stripe.tests.running import Endpoint, FakeStripe, endpoint


@pytest.fixture(scope="module")
def heard() -> Iterator[Endpoint]:
    """An endpoint that hears the stripe's webhooks."""
    with endpoint() as heard:
        yield heard


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory, heard: Endpoint) -> Iterator[FakeStripe]:
    """A fake Stripe of its own for each file of tests."""
    fake = FakeStripe(tmp_path_factory.mktemp("stripe") / "store.sqlite3", heard.url)
    yield fake
    fake.http.close()
    fake.kill()
