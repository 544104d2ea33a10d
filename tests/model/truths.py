"""What must be true of the marketplace at every moment, and what once it has come to rest."""

from collections import Counter
from decimal import Decimal

from tests.model.bank import Bank
from tests.model.market import Books
from tests.model.processes import Message

#: The errors of events that the model had fail, and of those behind them.
_PARKED_ON_PURPOSE = ("", "Poisoned: ")


def check_always(books: Books, bank: Bank, before: Books | None) -> None:
    """Raise AssertionError where something is wrong that may not be so even for a moment."""
    for ticket, many in Counter(_ticket_of_live_orders(books)).items():
        assert many <= 1, f"{many} live orders hold ticket {ticket}"
    taken = [intent for intent in bank.intents.values() if intent.is_taken]
    paid = Counter(books.orders[intent.order]["ticket_id"] for intent in taken)
    for ticket, many in paid.items():
        assert many <= 1, f"{many} payments are kept for ticket {ticket}"
    for intent in taken:
        order = books.orders[intent.order]
        paid_with = (order["status"], order["payment_id"])
        assert paid_with == ("complete", intent.payment), f"{intent} was captured for {order}"
    for order in before.orders.values() if before else ():
        stays_ended = order["status"] != "cancelled" or order == books.orders[order["id"]]
        assert stays_ended, f"{order} had ended, and is now {books.orders[order['id']]}"
    strange = [error for error in books.parked if error not in _PARKED_ON_PURPOSE]
    assert not strange, f"a handler failed: {strange}"


def check_at_rest(books: Books, bank: Bank) -> None:
    """Raise AssertionError where what is over hasn't ended in exactly one way."""
    for order in books.orders.values():
        assert order["status"] in ("complete", "cancelled"), f"{order} hasn't ended"
        _check_money(order, books, bank)
    assert not books.parked, f"parked for ever: {books.parked}"
    _check_tickets(books)
    _check_copies(books)
    _check_sums(books, bank)


def _ticket_of_live_orders(books: Books) -> list[str]:
    return [order["ticket_id"] for order in books.orders.values() if order["status"] != "cancelled"]


def _check_money(order: Message, books: Books, bank: Bank) -> None:
    known = {payment["intent_id"] for payment in books.payments_of(order["id"])}
    for intent in bank.intents.values():
        if intent.order != order["id"]:
            continue
        is_its_payment = order["status"] == "complete" and order["payment_id"] == intent.payment
        assert intent.is_taken == is_its_payment, f"{intent} at the bank, for {order}"
        # One whose id nobody has learned can't be confirmed by anybody.
        over = intent.status in ("canceled", "succeeded") or intent.id not in known
        assert over, f"{intent} was left open"
        assert intent.status not in ("requires_capture", "requires_action"), f"{intent} still reserves money"


def _check_tickets(books: Books) -> None:
    for ticket in books.tickets.values():
        holders = [order["id"] for order in books.live(ticket["id"])]
        holder = holders[0] if holders and not ticket["withdrawn"] else None
        assert (ticket["order_id"], ticket["sold"]) == (holder, holder is not None), f"{ticket}, {holders}"


def _check_copies(books: Books) -> None:
    for copy in books.ticket_copies.values():
        ticket = books.tickets[copy["id"]]
        assert copy == {name: ticket[name] for name in copy}, f"orders believe {copy} of {ticket}"
    assert books.ticket_copies.keys() == books.tickets.keys()
    for copy in books.order_copies.values():
        order = books.orders[copy["id"]]
        truth = {
            **{name: order[name] for name in ("id", "status", "payment_id", "expires_at", "cancel_reason")},
            "buyer": order["user_id"],
            "amount": order["ticket_price"],
        }
        assert copy == truth, f"payments believe {copy} of {order}"
    assert books.order_copies.keys() == books.orders.keys()


def _check_sums(books: Books, bank: Bank) -> None:
    complete = [order for order in books.orders.values() if order["status"] == "complete"]
    captured = [payment for payment in books.payments.values() if payment["status"] == "captured"]
    sums = {
        "complete orders": sum(Decimal(order["ticket_price"]) for order in complete),
        "captured payments": sum(Decimal(payment["amount"]) for payment in captured),
        "the ledger": sum(Decimal(row["taken"]) for row in books.ledger.values()),
        "the bank": sum(Decimal(i.amount) / 100 for i in bank.intents.values() if i.is_taken),
    }
    assert len(set(sums.values())) == 1, f"the sums differ: {sums}"
    held = sum(Decimal(row["held"]) for row in books.ledger.values())
    assert held == 0, f"the ledger still holds {held}"
