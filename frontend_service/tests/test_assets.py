"""A page's assets: little script, everything from this origin, nothing inline."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

from frontend_service.config.urls import urlpatterns
from frontend_service.pages import browse
from frontend_service.tests.browser import ORIGIN, Browser
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser import page_scenarios
from tests.browser.scenario import Scenario

MOST_SCRIPT = 30_000
SCRIPTS = Path(browse.__file__).parent / "static" / "shop"
#: Form handlers, partials, and documents that aren't HTML.
_NO_PAGES = frozenset(
    {
        "card_states",
        "ticket_panel",
        "ticket_withdraw",
        "ticket_hold",
        "sell_board",
        "order_status",
        "order_pay",
        "order_extend",
        "order_cancel",
        "openapi",
        "send_verification",
        "sign_out_everywhere",
        "end_session",
    }
)
#: Swagger UI, which isn't ours.
_NOT_OURS = frozenset({"api_docs"})


class _Inline(HTMLParser):
    """Finds what a policy without `unsafe-inline` blocks, and what is loaded from other origins."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith("on")]
        loaded = given.get("src") if tag != "link" else given.get("href")
        if loaded and not loaded.startswith(("/static/frontend/", "data:")):
            self.found.append(loaded)


class TestScript:
    def test_is_small(self) -> None:
        sizes = [len(gzip.compress(path.read_bytes())) for path in SCRIPTS.glob("*.js")]
        assert len(sizes) > 3
        assert sum(sizes) < MOST_SCRIPT


class TestTheScenarios:
    def test_cover_every_page(self) -> None:
        shown = set()
        for name in page_scenarios.names():
            try:
                shown.add(resolve(page_scenarios.build(name, ORIGIN).address.partition("?")[0]).url_name)
            except Resolver404:
                continue
        pages = {pattern.name for pattern in urlpatterns if getattr(pattern, "name", None)}
        assert pages - shown - _NO_PAGES - _NOT_OURS == set()


class TestEveryPage:
    @pytest.fixture
    def marketplace(self, scenario: Scenario) -> Marketplace:
        return scenario.market

    def test_has_nothing_inline_and_nothing_from_other_origins(self, scenario: Scenario) -> None:
        tokens = scenario.market.tokens_for(scenario.visitor) if scenario.visitor else {}
        html = Browser(**tokens).open(scenario.address).content.decode()
        parser = _Inline()
        parser.feed(html)
        assert parser.found == []
        assert re.search(r'href="/static/frontend/shop/shop.css\?v=[0-9a-f]{12}"', html)
