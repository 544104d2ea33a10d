import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_answers import Problem
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser.console_parts import HALT_REASON, add_dead_letters, add_numbers, add_purchase
from tests.browser.scenario import Scenario


@pytest.fixture
def busy(marketplace: Marketplace) -> Scenario:
    scenario = Scenario(market=marketplace)
    add_numbers(scenario)
    add_dead_letters(scenario)
    return scenario


@pytest.mark.usefixtures("busy")
class TestToday:
    def test_shows_every_services_figures(self, operator: Browser) -> None:
        shown = text_of(operator.open("/console/"))
        for text in ("87 Open holds", "731 Sold today", "35.1 % Holds that end unpaid", "9,714 On sale"):
            assert text in shown
        assert "731 Captured $38,211.50" in shown

    def test_links_figures_to_their_lists(self, operator: Browser) -> None:
        html = operator.open("/console/").content.decode()
        assert 'href="/console/lists/order?status=created"' in html
        assert 'href="/console/lists/payment?stuck=1"' in html

    def test_shows_what_needs_a_person_first(self, marketplace: Marketplace, operator: Browser) -> None:
        marketplace.halted["orders", "ticket"] = HALT_REASON
        page = operator.open("/console/")
        shown = text_of(page)
        assert "2 payments are stuck." in shown
        assert "Orders stopped following the stream ticket 25 minutes ago." in shown
        assert "Orders: 1 dead letter waits for a person, the oldest for 2 hours." in shown
        assert shown.index("dead letter") < shown.index("Open holds")
        html = page.content.decode()
        assert 'href="/console/events/orders/streams/ticket"' in html
        assert 'href="/console/events?service=orders#parked"' in html

    @pytest.mark.parametrize("down", [{"payments"}, {"tickets", "orders"}])
    def test_shows_the_services_that_answer(
        self, marketplace: Marketplace, operator: Browser, down: set[str]
    ) -> None:
        marketplace.down = down
        page = operator.open("/console/")
        shown = text_of(page)
        assert page.status_code == 200
        assert ("Payments don’t answer." in shown) == ("payments" in down)
        assert ("Orders don’t answer." in shown) == ("orders" in down)
        assert ("87 Open holds" in shown) == ("orders" not in down)
        assert "118 Sign-ups today" in shown

    def test_names_a_service_that_answers_nonsense(self, marketplace: Marketplace, operator: Browser) -> None:
        marketplace.numbers["orders"] = [{"name": "holdsOpen"}]
        assert "Orders don’t answer." in text_of(operator.open("/console/"))

    def test_names_a_service_that_is_too_busy(self, marketplace: Marketplace, operator: Browser) -> None:
        busy = Problem(429, "too-many", "Slow down", retry_after=7)
        marketplace.problems["GET /api/orders/staff/today"] = busy
        assert "Orders don’t answer." in text_of(operator.open("/console/"))


class TestACalmDay:
    def test_says_so(self, operator: Browser) -> None:
        assert "Nothing: no dead letter, no halted stream, and no stuck payment." in text_of(
            operator.open("/console/")
        )

    def test_doesnt_say_so_of_services_that_are_down(
        self, marketplace: Marketplace, operator: Browser
    ) -> None:
        marketplace.down = {"orders"}
        assert "Nothing, as far as the services answer." in text_of(operator.open("/console/"))


class TestLists:
    def test_show_what_the_figure_counts(self, marketplace: Marketplace, operator: Browser) -> None:
        order = add_purchase(Scenario(market=marketplace))
        [payment] = marketplace.payments.values()
        page = operator.open("/console/lists/payment?status=captured&nonsense=1")
        assert f'href="/console/story/payment/{payment["id"]}"' in page.content.decode()
        assert "$88.50" in text_of(page)
        assert "nonsense" not in str(marketplace.seen[-1].url)
        assert order["id"] in text_of(operator.open("/console/lists/order"))

    def test_may_be_empty(self, operator: Browser) -> None:
        assert "Nothing here." in text_of(operator.open("/console/lists/payment?stuck=1"))

    def test_are_unavailable_with_their_service(self, marketplace: Marketplace, operator: Browser) -> None:
        marketplace.down = {"orders"}
        assert operator.open("/console/lists/order").status_code == 503
