"""Fixtures: a fake marketplace, and browsers of visitors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontend_service.clients import gateway, terms
from frontend_service.clients.refreshing import RefreshOnce
from frontend_service.pages import api_documents
from frontend_service.tests.browser import ORIGIN, Browser
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser import page_scenarios
from tests.browser.scenario import Scenario


@pytest.fixture
def marketplace() -> Marketplace:
    return Marketplace(origin=ORIGIN)


@pytest.fixture(autouse=True)
def _fake_gateway(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    transport = httpx.MockTransport(marketplace.handle)
    with httpx.Client(base_url="http://gateway.test", transport=transport) as client:
        monkeypatch.setattr(gateway, "http", lambda: client)
        monkeypatch.setattr(gateway, "refresh_once", RefreshOnce())
        terms.forget()
        monkeypatch.setattr(api_documents, "cache", api_documents._DocumentCache())
        yield


@pytest.fixture
def signed_out() -> Browser:
    return Browser()


@pytest.fixture
def visitor_id(marketplace: Marketplace) -> str:
    return marketplace.add_user()


@pytest.fixture
def visitor(marketplace: Marketplace, visitor_id: str) -> Browser:
    return Browser(**marketplace.tokens_for(visitor_id))


@pytest.fixture
def browser_of(marketplace: Marketplace) -> Callable[[str], Browser]:
    return lambda user_id: Browser(**marketplace.tokens_for(user_id))


@pytest.fixture(params=page_scenarios.names())
def scenario(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Scenario:
    """Every scenario, one after the other."""
    settings.MAILBOX = str(tmp_path)
    built = page_scenarios.build(request.param, ORIGIN)
    built.deliver(tmp_path)
    return built


@pytest.fixture
def held(marketplace: Marketplace, visitor_id: str) -> dict[str, Any]:
    """A ticket that the visitor holds."""
    return marketplace.add_order(buyer=visitor_id)


@pytest.fixture
def operator_id(marketplace: Marketplace) -> str:
    user_id = marketplace.add_user("op@example.com")
    marketplace.users["op@example.com"]["isStaff"] = True
    return user_id


@pytest.fixture
def operator(marketplace: Marketplace, operator_id: str) -> Browser:
    """A browser of staff."""
    return Browser(**marketplace.tokens_for(operator_id))
