import pytest

from frontend_service.tests.browser import Browser, text_of
from frontend_service.tests.fake_marketplace import Marketplace

LISTING = {"title": "Cup final", "price": "80", "venue": "North market", "description": "Two seats"}


class TestListTicket:
    def test_lists_a_ticket(self, marketplace: Marketplace, visitor: Browser) -> None:
        page = visitor.open("/tickets/new")
        answer = visitor.fill(page, "/tickets/new", **LISTING, startsAt="2031-05-17T19:30")
        (ticket,) = marketplace.tickets.values()
        assert answer.headers["Location"] == f"/tickets/{ticket['id']}"
        assert (ticket["title"], ticket["price"], ticket["venue"]) == ("Cup final", "80.00", "North market")
        assert ticket["startsAt"] == "2031-05-17T19:30:00+00:00"
        assert "on sale" in text_of(visitor.follow(answer))

    def test_shows_a_preview(self, marketplace: Marketplace, visitor: Browser) -> None:
        page = visitor.open("/tickets/new")
        shown = visitor.fill(
            page, "/tickets/new", title="Nina", price="48", venue="Roundhouse", preview="yes"
        )
        assert marketplace.tickets == {}
        assert "How buyers will see it Date to be confirmed Nina Roundhouse $48.00" in text_of(shown)
        visitor.fill(shown, "/tickets/new")
        assert [ticket["title"] for ticket in marketplace.tickets.values()] == ["Nina"]

    def test_offers_what_tickets_accepts(self, visitor: Browser) -> None:
        page = visitor.open("/tickets/new").content.decode()
        assert '<option value="USD" selected>US dollar</option>' in page
        assert '<option value="EUR">Euro</option>' in page
        assert page.count('maxlength="200"') == 2
        assert page.count('maxlength="2000"') == 1

    def test_opens_while_tickets_is_down(self, marketplace: Marketplace, visitor: Browser) -> None:
        marketplace.down.add("tickets")
        assert visitor.open("/tickets/new").status_code == 200

    def test_leaves_the_currency_to_tickets_where_none_is_known(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        marketplace.down.add("tickets")
        page = visitor.open("/tickets/new")
        marketplace.down.clear()
        visitor.fill(page, "/tickets/new", **LISTING)
        [ticket] = marketplace.tickets.values()
        assert ticket["currency"] == "USD"

    def test_lists_once_however_often_the_form_is_sent(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        page = visitor.open("/tickets/new")
        first = visitor.fill(page, "/tickets/new", **LISTING)
        second = visitor.fill(page, "/tickets/new", **LISTING)
        assert first.headers["Location"] == second.headers["Location"]
        assert len(marketplace.tickets) == 1

    def test_warns_before_it_lists_again_from_the_same_form(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        page = visitor.open("/tickets/new")
        visitor.fill(page, "/tickets/new", **LISTING)
        form_page = visitor.fill(page, "/tickets/new", **LISTING | {"title": "Another"})
        assert form_page.status_code == 422
        assert "already sent this form" in text_of(form_page)
        assert visitor.fill(form_page, "/tickets/new").status_code == 302
        assert len(marketplace.tickets) == 2

    def test_reads_times_in_the_zone_the_form_was_rendered_in(
        self, marketplace: Marketplace, visitor: Browser
    ) -> None:
        visitor.client.cookies["zone"] = "Europe/Berlin"
        page = visitor.open("/tickets/new")
        visitor.client.cookies["zone"] = "Asia/Tokyo"
        visitor.fill(page, "/tickets/new", **LISTING, startsAt="2031-05-17T19:30")
        (ticket,) = marketplace.tickets.values()
        assert ticket["startsAt"] == "2031-05-17T19:30:00+02:00"

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("title", "", "This field is required"),
            ("price", "0", "Price must be greater than 0"),
            ("price", "a lot", "Enter a number"),
            ("price", "1.999", "no more than 2 decimal places"),
            ("price", "NaN", "Enter a number"),
            ("startsAt", "soon", "Enter a valid date/time"),
        ],
    )
    def test_shows_errors_beside_the_fields_and_keeps_the_input(
        self, marketplace: Marketplace, visitor: Browser, field: str, value: str, reason: str
    ) -> None:
        page = visitor.open("/tickets/new")
        answer = visitor.fill(page, "/tickets/new", **LISTING | {field: value})
        assert answer.status_code == 400
        assert reason in text_of(answer)
        assert "Two seats" in answer.content.decode()
        assert marketplace.tickets == {}

    def test_escapes_what_was_typed(self, visitor: Browser) -> None:
        hostile = '"><script>alert(1)</script>'
        page = visitor.open("/tickets/new")
        answer = visitor.fill(page, "/tickets/new", title=hostile, price="0", description=hostile)
        assert b"<script>alert" not in answer.content

    def test_keeps_the_input_when_the_session_has_ended(self, visitor: Browser) -> None:
        page = visitor.open("/tickets/new")
        del visitor.client.cookies["access_token"], visitor.client.cookies["refresh_token"]
        answer = visitor.fill(page, "/tickets/new", **LISTING)
        assert answer.status_code == 401
        assert "Sign in in a new tab" in text_of(answer)
        assert 'value="Cup final"' in answer.content.decode()

    def test_redirects_to_sign_in(self, signed_out: Browser) -> None:
        assert signed_out.open("/tickets/new").headers["Location"] == "/auth/signin?next=%2Ftickets%2Fnew"


class TestEditTicket:
    def test_saves(self, marketplace: Marketplace, visitor: Browser, visitor_id: str) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id, description="Row 2")
        page = visitor.open(f"/tickets/{ticket['id']}/edit")
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/edit", price="55.5")
        assert answer.headers["Location"] == f"/tickets/{ticket['id']}"
        assert (ticket["price"], ticket["description"]) == ("55.50", "Row 2")
        assert ticket["startsAt"] == "2031-05-17T19:30:00+00:00"

    def test_does_not_overwrite_what_was_changed_meanwhile(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        address = f"/tickets/{ticket['id']}/edit"
        page = visitor.open(address)
        ticket.update(price="99.00", version=2)
        answer = visitor.fill(page, address, price="55.50")
        assert answer.status_code == 412
        assert "changed while you were editing" in text_of(answer)
        assert ticket["price"] == "99.00"
        assert 'value="55.50"' in answer.content.decode()
        assert visitor.fill(answer, address).status_code == 302
        assert ticket["price"] == "55.50"

    def test_shows_why_a_held_ticket_cannot_be_changed(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        address = f"/tickets/{ticket['id']}/edit"
        page = visitor.open(address)
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=ticket)
        answer = visitor.fill(page, address, price="1")
        assert answer.status_code == 400
        assert "Cannot edit a reserved ticket" in text_of(answer)
        sent_back = visitor.open(address)
        assert sent_back.headers["Location"] == f"/tickets/{ticket['id']}"
        assert "can't change a listing while a buyer holds the ticket" in text_of(visitor.follow(sent_back))

    def test_shows_that_a_sold_ticket_cannot_be_changed(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=ticket)
        ticket["sold"] = True
        assert "change a sold listing" in text_of(
            visitor.follow(visitor.open(f"/tickets/{ticket['id']}/edit"))
        )

    def test_is_for_the_seller_alone(self, marketplace: Marketplace, visitor: Browser) -> None:
        ticket = marketplace.add_ticket()
        sent_back = visitor.open(f"/tickets/{ticket['id']}/edit")
        assert "This isn't your listing" in text_of(visitor.follow(sent_back))

    def test_is_a_403_from_the_api_for_another_users(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        address = f"/tickets/{ticket['id']}/edit"
        page = visitor.open(address)
        ticket["userId"] = marketplace.add_user("bo@example.com")
        answer = visitor.fill(page, address)
        assert answer.status_code == 403
        assert "This is not your ticket" in text_of(answer)


class TestWithdrawTicket:
    def test_takes_it_off_sale(self, marketplace: Marketplace, visitor: Browser, visitor_id: str) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        page = visitor.open(f"/tickets/{ticket['id']}")
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/withdraw")
        assert answer.headers["Location"] == "/sell"
        assert marketplace.tickets == {}
        assert "Listing withdrawn" in text_of(visitor.follow(answer))

    def test_shows_why_it_failed(self, marketplace: Marketplace, visitor: Browser, visitor_id: str) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        page = visitor.open(f"/tickets/{ticket['id']}")
        marketplace.add_order(buyer=marketplace.add_user("bo@example.com"), ticket=ticket)
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/withdraw")
        assert "Cannot edit a reserved ticket" in text_of(visitor.follow(answer))

    def test_does_nothing_on_a_get(self, marketplace: Marketplace, visitor: Browser, visitor_id: str) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        answer = visitor.open(f"/tickets/{ticket['id']}/withdraw")
        assert answer.headers["Location"] == f"/tickets/{ticket['id']}"
        assert marketplace.tickets

    def test_requires_the_csrf_token(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        assert visitor.send(f"/tickets/{ticket['id']}/withdraw", {}).status_code == 403
        assert marketplace.tickets

    def test_is_a_503_page_when_listings_are_down(
        self, marketplace: Marketplace, visitor: Browser, visitor_id: str
    ) -> None:
        ticket = marketplace.add_ticket(seller=visitor_id)
        page = visitor.open(f"/tickets/{ticket['id']}")
        marketplace.down = {"tickets"}
        answer = visitor.fill(page, f"/tickets/{ticket['id']}/withdraw")
        assert answer.status_code == 503
        assert f'href="/tickets/{ticket["id"]}"' in answer.content.decode()
