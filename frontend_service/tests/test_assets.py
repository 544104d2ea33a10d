"""What a page brings with it: little script of our own, everything from here, nothing inline."""

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
from tests.browser import gallery
from tests.browser.stage import Scene

MOST_SCRIPT = 30_000
SCRIPTS = Path(browse.__file__).parent / "static" / "shop"
#: Answers to a form, parts of a page, and documents for programs.
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
    """Everything that a policy without `unsafe-inline` would refuse, or that comes from elsewhere."""

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


class TestTheGallery:
    def test_has_every_page(self) -> None:
        shown = set()
        for name in gallery.names():
            try:
                shown.add(resolve(gallery.build(name, ORIGIN).address.partition("?")[0]).url_name)
            except Resolver404:
                continue
        pages = {pattern.name for pattern in urlpatterns if getattr(pattern, "name", None)}
        assert pages - shown - _NO_PAGES - _NOT_OURS == set()


class TestEveryPage:
    @pytest.fixture
    def marketplace(self, scene: Scene) -> Marketplace:
        return scene.market

    def test_has_nothing_inline_and_nothing_from_elsewhere(self, scene: Scene) -> None:
        tokens = scene.market.tokens_for(scene.visitor) if scene.visitor else {}
        html = Browser(**tokens).open(scene.address).content.decode()
        parser = _Inline()
        parser.feed(html)
        assert parser.found == []
        assert re.search(r'href="/static/frontend/shop/shop.css\?v=[0-9a-f]{12}"', html)
