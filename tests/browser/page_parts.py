"""What the scenarios of pages are made of: listings, a ticket, an order."""

from datetime import UTC, datetime, timedelta
from typing import Any

from frontend_service.tests.fake_answers import timestamp
from tests.browser import account_scenarios  # noqa: F401  adds its scenarios
from tests.browser.scenario import Scenario, sign_in

Json = dict[str, Any]


LISTINGS = (
    ("Nils Frahm at the Funkhaus", "64.00", "Funkhaus, Berlin", 21),
    ("Swan Lake, stalls row 7", "88.50", "Opéra, Lyon", 34),
    ("Derby: Union against Hertha", "45.00", "Alte Försterei, Berlin", 12),
    ("Jazz in the cellar", "18.00", "A-Trane, Berlin", 5),
    ("The Tempest in the park", "25.00", "Regent's Park, London", 47),
    ("DjangoCon Europe, three days, all talks, both sprints and the party on the boat", "1320.00", "", 120),
    ("Voucher: one evening at the Kino International", "9.50", "Kino International, Berlin", 0),
)


def add_listings(scenario: Scenario, *, seller: str = "") -> list[Json]:
    seller = seller or scenario.market.add_user("bo@example.com")
    tickets = []
    for title, price, venue, days in LISTINGS:
        starts = (datetime.now(UTC) + timedelta(days=days)).replace(hour=19, minute=30, second=0)
        more = {"title": title, "price": price, "venue": venue}
        tickets.append(
            scenario.market.add_ticket(seller=seller, startsAt=timestamp(starts) if days else None, **more)
        )
    return tickets


def add_ticket(scenario: Scenario, **more: Any) -> Json:
    described = "Two seats side by side, row 7, stalls.\n\nI hand them over by e-mail on the day you pay."
    ticket = scenario.market.add_ticket(title="Swan Lake, stalls row 7", price="88.50", venue="Opéra, Lyon")
    ticket.update({"description": described} | more)
    scenario.address = f"/tickets/{ticket['id']}"
    return ticket


def add_order(scenario: Scenario, payment: str = "", reason_code: str = "", **more: Any) -> Json:
    order = scenario.market.add_order(buyer=sign_in(scenario), ticket=add_ticket(scenario), **more)
    scenario.address = f"/orders/{order['id']}"
    if payment:
        failure = {"code": "card_declined", "message": "Your card was declined."}
        scenario.market.add_payment(
            order, payment, reasonCode=reason_code, failure=failure if payment == "declined" else None
        )
    return order
