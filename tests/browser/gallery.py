"""Every page in every state it can be in, in front of a marketplace in memory that can be in any."""

from datetime import UTC, datetime, timedelta
from typing import Any

from frontend_service.tests.fake_answers import Problem, new_id, timestamp
from frontend_service.tests.fake_marketplace import Marketplace
from tests.browser import account_scenes  # noqa: F401  puts its scenes on the list
from tests.browser.stage import SCENES, Scene, scene, sign_in

Json = dict[str, Any]

SHELF = (
    ("Nils Frahm at the Funkhaus", "64.00", "Funkhaus, Berlin", 21),
    ("Swan Lake, stalls row 7", "88.50", "Opéra, Lyon", 34),
    ("Derby: Union against Hertha", "45.00", "Alte Försterei, Berlin", 12),
    ("Jazz in the cellar", "18.00", "A-Trane, Berlin", 5),
    ("The Tempest in the park", "25.00", "Regent's Park, London", 47),
    ("DjangoCon Europe, three days, all talks, both sprints and the party on the boat", "1320.00", "", 120),
    ("Voucher: one evening at the Kino International", "9.50", "Kino International, Berlin", 0),
)


def build(name: str, origin: str) -> Scene:
    """Build the scene of this name, from nothing."""
    built = Scene(market=Marketplace(origin=origin))
    SCENES[name](built)
    return built


def names() -> list[str]:
    """Return the name of every scene."""
    return list(SCENES)


def _shelf(it: Scene, *, seller: str = "") -> list[Json]:
    seller = seller or it.market.add_user("bo@example.com")
    tickets = []
    for title, price, venue, days in SHELF:
        starts = (datetime.now(UTC) + timedelta(days=days)).replace(hour=19, minute=30, second=0)
        more = {"title": title, "price": price, "venue": venue}
        tickets.append(
            it.market.add_ticket(seller=seller, startsAt=timestamp(starts) if days else None, **more)
        )
    return tickets


def _ticket(it: Scene, **more: Any) -> Json:
    described = "Two seats side by side, row 7, stalls.\n\nI hand them over by e-mail on the day you pay."
    ticket = it.market.add_ticket(title="Swan Lake, stalls row 7", price="88.50", venue="Opéra, Lyon")
    ticket.update({"description": described} | more)
    it.address = f"/tickets/{ticket['id']}"
    return ticket


def _order(it: Scene, payment: str = "", reason_code: str = "", **more: Any) -> Json:
    order = it.market.add_order(buyer=sign_in(it), ticket=_ticket(it), **more)
    it.address = f"/orders/{order['id']}"
    if payment:
        failure = {"code": "card_declined", "message": "Your card was declined."}
        it.market.add_payment(
            order, payment, reasonCode=reason_code, failure=failure if payment == "declined" else None
        )
    return order


@scene
def _browse(it: Scene) -> None:
    _shelf(it)


@scene
def _browse_signed_in(it: Scene) -> None:
    _shelf(it)
    sign_in(it)


@scene
def _browse_operator(it: Scene) -> None:
    _shelf(it)
    sign_in(it, isStaff=True)


@scene
def _browse_found(it: Scene) -> None:
    _shelf(it)
    it.address = "/?q=berlin&maxPrice=50&sort=cheapest"


@scene
def _browse_pages(it: Scene) -> None:
    it.market.page_length = 3
    tickets = _shelf(it)
    it.address = f"/?cursor={tickets[-1]['id']}"


@scene
def _browse_nothing_found(it: Scene) -> None:
    _shelf(it)
    it.address = "/?q=zzz"


@scene
def _browse_not_understood(it: Scene) -> None:
    _shelf(it)
    it.address, it.status = "/?minPrice=-1", 400


@scene
def _browse_empty(it: Scene) -> None:
    """Nobody sells anything."""


@scene
def _browse_listings_down(it: Scene) -> None:
    it.market.down, it.status = {"tickets"}, 503


@scene
def _browse_accounts_down(it: Scene) -> None:
    _shelf(it)
    sign_in(it)
    it.market.down = {"users"}


@scene
def _browse_seller(it: Scene) -> None:
    it.address = f"/?seller={_shelf(it)[0]['userId']}"


@scene
def _ticket_stranger(it: Scene) -> None:
    _ticket(it)


@scene
def _ticket_free(it: Scene) -> None:
    _ticket(it)
    sign_in(it)


@scene
def _ticket_bare(it: Scene) -> None:
    _ticket(it, venue="", description="", startsAt=None, title="x" * 200, price="99999999.99")


@scene
def _ticket_held(it: Scene) -> None:
    it.market.add_order(buyer=it.market.add_user("bo@example.com"), ticket=_ticket(it))


@scene
def _ticket_sold(it: Scene) -> None:
    _ticket(it, orderId=new_id(), sold=True)


@scene
def _ticket_i_hold(it: Scene) -> None:
    order = _order(it)
    it.address = f"/tickets/{order['ticket']['id']}"


@scene
def _ticket_own(it: Scene) -> None:
    _ticket(it, userId=sign_in(it))


@scene
def _ticket_own_held(it: Scene) -> None:
    it.market.add_order(buyer=it.market.add_user("bo@example.com"), ticket=_ticket(it, userId=sign_in(it)))


@scene
def _ticket_own_sold(it: Scene) -> None:
    _ticket(it, userId=sign_in(it), orderId=new_id(), sold=True)


@scene
def _hold(it: Scene) -> None:
    _order(it)


@scene
def _hold_declined(it: Scene) -> None:
    _order(it, "declined")


@scene
def _hold_declined_just_now(it: Scene) -> None:
    _order(it)
    it.fill, it.press, it.status = {"Payment is declined": ""}, "Pay $88.50", 402


@scene
def _hold_payments_down(it: Scene) -> None:
    _order(it)
    it.market.down = {"payments"}


@scene
def _hold_bank_asks(it: Scene) -> None:
    order = _order(it, "requires_action", status="awaiting:payment")
    next(iter(it.market.payments.values()))["nextActionUrl"] = f"https://bank.example/{order['id']}"


@scene
def _hold_ending(it: Scene) -> None:
    _order(it, expiresAt=timestamp(datetime.now(UTC) - timedelta(seconds=1)))


@scene
def _order_being_paid(it: Scene) -> None:
    _order(it, "authorized", status="awaiting:payment")


@scene
def _order_paid(it: Scene) -> None:
    order = _order(it, "captured", status="complete")
    steps = ("awaiting_payment", "completed")
    order["history"] += [{"type": f"order.{step}", "at": timestamp(datetime.now(UTC))} for step in steps]
    it.market.tickets[order["ticket"]["id"]]["sold"] = True


@scene
def _order_receipt(it: Scene) -> None:
    it.address = f"/orders/{_order(it, 'captured', status='complete')['id']}/receipt"


@scene
def _order_being_undone(it: Scene) -> None:
    _order(it, "refunded", status="complete")


@scene
def _order_lapsed(it: Scene) -> None:
    it.market.end_order(_order(it), "expired")


@scene
def _order_paid_too_late(it: Scene) -> None:
    it.market.end_order(_order(it, "voided", reason_code="authorized_too_late"), "expired")


@scene
def _order_given_back(it: Scene) -> None:
    it.market.end_order(_order(it), "buyer")


@scene
def _order_taken_meanwhile(it: Scene) -> None:
    order = _order(it)
    it.market.end_order(order, "expired")
    ticket = it.market.tickets[order["ticket"]["id"]]
    it.market.add_order(buyer=it.market.add_user("bo@example.com"), ticket=ticket)


@scene
def _order_withdrawn(it: Scene) -> None:
    order = _order(it)
    it.market.end_order(order, "withdrawn")
    del it.market.tickets[order["ticket"]["id"]]


@scene
def _orders(it: Scene) -> None:
    tickets = _shelf(it)
    buyer = sign_in(it)
    past = timestamp(datetime.now(UTC) - timedelta(seconds=1))
    more: list[Json] = [{}, {"status": "complete"}, {"expiresAt": past}, {"status": "awaiting:payment"}]
    for ticket, details in zip(tickets, more, strict=False):
        it.market.add_order(buyer=buyer, ticket=ticket, **details)
    for ticket, why in zip(tickets[4:], ("expired", "buyer", "refunded"), strict=False):
        it.market.end_order(it.market.add_order(buyer=buyer, ticket=ticket), why)
    it.address = "/orders"


@scene
def _orders_none(it: Scene) -> None:
    sign_in(it)
    it.address = "/orders"


@scene
def _sell(it: Scene) -> None:
    tickets = _shelf(it, seller=sign_in(it))
    it.market.add_order(buyer=it.market.add_user("bo@example.com"), ticket=tickets[0])
    for ticket in tickets[1:3]:
        ticket.update(orderId=new_id(), sold=True)
    it.address = "/sell"


@scene
def _sell_sold(it: Scene) -> None:
    _sell(it)
    it.address = "/sell?show=sold"


@scene
def _sell_none_held(it: Scene) -> None:
    _shelf(it, seller=sign_in(it))
    it.address = "/sell?show=held"


@scene
def _sell_nothing(it: Scene) -> None:
    sign_in(it)
    it.address = "/sell"


@scene
def _sell_without_figures(it: Scene) -> None:
    _sell(it)
    it.market.problems = {"GET /api/tickets/summary": Problem(503, "unavailable", "Not now")}


@scene
def _new(it: Scene) -> None:
    sign_in(it)
    it.address = "/tickets/new"


@scene
def _new_refused(it: Scene) -> None:
    sign_in(it)
    it.address, it.status = "/tickets/new", 400
    it.fill, it.press = {"Title": "Mahler 2", "Price": "0", "Venue": "Philharmonie"}, "List ticket"


@scene
def _edit(it: Scene) -> None:
    ticket = _ticket(it, userId=sign_in(it))
    it.address = f"/tickets/{ticket['id']}/edit"


@scene
def _problem_403(it: Scene) -> None:
    sign_in(it)
    order = it.market.add_order(buyer=it.market.add_user("bo@example.com"))
    it.address, it.status = f"/orders/{order['id']}", 403


@scene
def _problem_404(it: Scene) -> None:
    it.address, it.status = "/nowhere", 404


@scene
def _problem_409(it: Scene) -> None:
    ticket = _ticket(it, userId=sign_in(it))
    it.market.problems = {
        f"GET /api/tickets/{ticket['id']}": Problem(409, "in-flight", "Still being worked on.")
    }
    it.status = 409


@scene
def _problem_429(it: Scene) -> None:
    ticket = _ticket(it)
    busy = Problem(429, "too-many", "Slow down", retry_after=7)
    it.market.problems = {f"GET /api/tickets/{ticket['id']}": busy}
    it.status = 429


@scene
def _problem_503(it: Scene) -> None:
    _ticket(it)
    it.market.down, it.status = {"tickets"}, 503
