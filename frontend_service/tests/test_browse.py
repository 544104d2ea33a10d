import pytest

from frontend_service.tests.browser import Browser, Page, text_of
from frontend_service.tests.fake_answers import new_id
from frontend_service.tests.fake_marketplace import Marketplace

HOSTILE = "<script>alert(1)</script>\"'&"


class TestBrowse:
    def test_shows_what_can_be_bought(self, marketplace: Marketplace, signed_out: Browser) -> None:
        marketplace.add_ticket(title="Mahler 2", price="1250.50")
        marketplace.add_ticket(title="Gone", orderId="0190b6a0-0000-7000-8000-000000000001")
        page = signed_out.open("/")
        assert page.status_code == 200
        assert "Mahler 2" in text_of(page)
        assert "$1,250.50" in text_of(page)
        assert "Gone" not in text_of(page)

    def test_does_not_call_accounts_for_a_signed_out_visitor(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        signed_out.open("/")
        assert [request.url.path for request in marketplace.seen] == ["/api/tickets"]

    def test_shows_the_visitors_email(self, visitor: Browser) -> None:
        page = visitor.open("/")
        assert "ada@example.com" in text_of(page)
        assert "Sign in" not in text_of(page)

    def test_links_staff_to_the_admins(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        assert "/admin/" not in visitor.open("/").content.decode()
        marketplace.users["ada@example.com"]["isStaff"] = True
        assert "/admin/orders/" in visitor.open("/").content.decode()

    def test_sends_the_filters(self, marketplace: Marketplace, signed_out: Browser) -> None:
        signed_out.open("/?q=nina&minPrice=5&maxPrice=9.50&startsFrom=2031-05-01&startsTo=2031-05-02")
        params = marketplace.seen[-1].url.params
        assert params["q"] == "nina"
        assert (params["minPrice"], params["maxPrice"]) == ("5", "9.50")
        assert params["startsFrom"] == "2031-05-01T00:00:00+00:00"
        assert params["startsTo"] == "2031-05-02T23:59:59+00:00"

    def test_filters_dates_in_the_visitors_zone(self, marketplace: Marketplace) -> None:
        Browser(zone="America/New_York").open("/?startsFrom=2031-05-01")
        assert marketplace.seen[-1].url.params["startsFrom"] == "2031-05-01T00:00:00-04:00"

    def test_ignores_an_invalid_filter_and_shows_the_error(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        page = signed_out.open("/?minPrice=cheap&q=nina")
        assert page.status_code == 400
        assert "Enter a number" in text_of(page)
        assert "minPrice" not in marketplace.seen[-1].url.params
        assert marketplace.seen[-1].url.params["q"] == "nina"

    def test_links_page_to_page(self, marketplace: Marketplace, signed_out: Browser) -> None:
        marketplace.page_length = 2
        for number in range(3):
            marketplace.add_ticket(title=f"Nina {number}")
        first = signed_out.open("/?q=nina")
        assert "Nina 2" in text_of(first)
        assert "Nina 0" not in text_of(first)
        address = _link(first, "More tickets")
        assert address.startswith("?q=nina&cursor=")
        second = signed_out.open("/" + address)
        assert "Nina 0" in text_of(second)
        assert "More tickets" not in text_of(second)
        assert _link(second, "Back to the first page") == "?q=nina"

    def test_sorts_and_keeps_the_order_from_page_to_page(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        marketplace.page_length = 1
        marketplace.add_ticket()
        marketplace.add_ticket()
        page = signed_out.open("/?q=&sort=cheapest")
        assert marketplace.seen[-1].url.params["sort"] == "cheapest"
        assert "Lowest price first" in text_of(page)
        assert _link(page, "More tickets").startswith("?sort=cheapest&cursor=")
        assert "Show all tickets" not in text_of(page)

    def test_ignores_an_unknown_order_or_seller(self, marketplace: Marketplace, signed_out: Browser) -> None:
        page = signed_out.open("/?sort=sideways&seller=unknown")
        assert page.status_code == 200
        assert "sort" not in marketplace.seen[-1].url.params
        assert "seller" not in marketplace.seen[-1].url.params
        assert "Just listed" in text_of(page)

    def test_shows_the_other_tickets_of_a_seller(self, marketplace: Marketplace, signed_out: Browser) -> None:
        ticket = marketplace.add_ticket(title="Nina")
        marketplace.add_ticket(title="Of another")
        page = signed_out.open(f"/?seller={ticket['userId']}")
        assert "From this seller" in text_of(page)
        assert "Of another" not in text_of(page)

    def test_shows_what_to_do_without_results(self, signed_out: Browser) -> None:
        assert "No tickets found" in text_of(signed_out.open("/?q=zzz"))
        assert "No tickets are on sale" in text_of(signed_out.open("/"))

    def test_ignores_an_invalid_cursor(self, signed_out: Browser) -> None:
        page = signed_out.open("/?cursor=zzz")
        assert page.status_code == 400
        assert "Cursor is not valid" in text_of(page)

    def test_misses_only_the_listings_when_listings_are_down(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        marketplace.down = {"tickets"}
        page = visitor.open("/?q=nina")
        assert page.status_code == 503
        assert "Listings are unavailable" in text_of(page)
        assert page.headers["X-Request-Id"] in text_of(page)
        assert 'value="nina"' in page.content.decode()
        assert "ada@example.com" in text_of(page)

    def test_works_when_accounts_are_down(self, marketplace: Marketplace, visitor: Browser) -> None:
        marketplace.down = {"users"}
        marketplace.add_ticket(title="Mahler 2")
        page = visitor.open("/")
        assert page.status_code == 200
        assert "Mahler 2" in text_of(page)

    @pytest.mark.parametrize("field", ["title", "venue", "currency"])
    def test_escapes_what_sellers_write(
        self, marketplace: Marketplace, signed_out: Browser, field: str
    ) -> None:
        marketplace.add_ticket(**{field: HOSTILE})
        assert b"<script>alert" not in signed_out.open("/").content

    def test_escapes_what_visitors_search_for(self, signed_out: Browser) -> None:
        page = signed_out.client.get("/", {"q": HOSTILE})
        assert b"<script>alert" not in page.content


class TestCardStates:
    def test_are_held_sold_or_gone(self, marketplace: Marketplace, signed_out: Browser) -> None:
        free, held, sold = (marketplace.add_ticket() for _ in range(3))
        marketplace.add_order(buyer=marketplace.add_user(), ticket=held)
        sold.update(orderId=new_id(), sold=True)
        gone = new_id()
        ids = ",".join([free["id"], held["id"], sold["id"], gone, "nonsense"])
        answer = signed_out.open(f"/cards?ids={ids}")
        states = {ticket_id: (one["state"], one["word"]) for ticket_id, one in answer.json().items()}
        assert states == {
            free["id"]: ("free", ""),
            held["id"]: ("held", "Held"),
            sold["id"]: ("sold", "Sold"),
            gone: ("gone", "Unavailable"),
        }
        again = signed_out.open(f"/cards?ids={ids}", **{"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304

    def test_call_no_api_without_ids(self, marketplace: Marketplace, signed_out: Browser) -> None:
        assert signed_out.open("/cards?ids=").json() == {}
        assert marketplace.seen == []


def _link(page: Page, label: str) -> str:
    html: str = page.content.decode()
    before = html[: html.index(f">{label}<")]
    return before.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
