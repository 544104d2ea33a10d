"""What must be true of the marketplace at every moment, and what once it has come to rest."""

from collections import Counter
from decimal import Decimal

from tests.model.processes import Message
from tests.model.provider import Provider
from tests.model.snapshot import Snapshot

#: The errors of events that the model had fail, and of those behind them.
_PARKED_ON_PURPOSE = ("", "Poisoned")


def check_always(snapshot: Snapshot, provider: Provider, before: Snapshot | None) -> None:
    """Raise AssertionError where something is wrong that may not be so even for a moment."""
    for ticket, many in Counter(_ticket_of_live_orders(snapshot)).items():
        assert many <= 1, f"{many} live orders hold ticket {ticket}"
    taken = [intent for intent in provider.intents.values() if intent.is_taken]
    paid = Counter(snapshot.orders[intent.order]["ticket_id"] for intent in taken)
    for ticket, many in paid.items():
        assert many <= 1, f"{many} payments are kept for ticket {ticket}"
    for intent in taken:
        order = snapshot.orders[intent.order]
        paid_with = (order["status"], order["payment_id"])
        assert paid_with == ("complete", intent.payment), f"{intent} was captured for {order}"
    for payment in snapshot.payments.values():
        parts, wanted = provider.parts_refunded(payment["intent_id"]), Decimal(payment["refund_goal"])
        assert Decimal(parts) / 100 <= wanted, f"{payment}: {parts} hundredths went back"
    for order in before.orders.values() if before else ():
        stays_ended = order["status"] != "cancelled" or order == snapshot.orders[order["id"]]
        assert stays_ended, f"{order} had ended, and is now {snapshot.orders[order['id']]}"
    strange = [error for error in snapshot.parked if error not in _PARKED_ON_PURPOSE]
    assert not strange, f"a handler failed: {strange}"


def check_at_rest(snapshot: Snapshot, provider: Provider) -> None:
    """Raise AssertionError where what is over hasn't ended in exactly one way."""
    for order in snapshot.orders.values():
        assert order["status"] in ("complete", "cancelled"), f"{order} hasn't ended"
        _check_money(order, snapshot, provider)
    assert not snapshot.parked, f"parked for ever: {snapshot.parked}"
    _check_tickets(snapshot)
    _check_copies(snapshot)
    _check_sums(snapshot, provider)


def _ticket_of_live_orders(snapshot: Snapshot) -> list[str]:
    return [order["ticket_id"] for order in snapshot.orders.values() if order["status"] != "cancelled"]


def _check_money(order: Message, snapshot: Snapshot, provider: Provider) -> None:
    known = {payment["intent_id"] for payment in snapshot.payments_of(order["id"])}
    for intent in provider.intents.values():
        if intent.order != order["id"]:
            continue
        is_its_payment = order["status"] == "complete" and order["payment_id"] == intent.payment
        assert intent.is_taken == is_its_payment, f"{intent} at the provider, for {order}"
        # An intent whose id was lost can't be confirmed.
        over = intent.status in ("canceled", "succeeded") or intent.id not in known
        assert over, f"{intent} was left open"
        assert intent.status not in ("requires_capture", "requires_action"), f"{intent} still reserves money"


def _check_tickets(snapshot: Snapshot) -> None:
    for ticket in snapshot.tickets.values():
        holders = [order["id"] for order in snapshot.live(ticket["id"])]
        holder = holders[0] if holders and not ticket["withdrawn"] else None
        assert (ticket["order_id"], ticket["sold"]) == (holder, holder is not None), f"{ticket}, {holders}"


def _check_copies(snapshot: Snapshot) -> None:
    for copy in snapshot.ticket_copies.values():
        ticket = snapshot.tickets[copy["id"]]
        assert copy == {name: ticket[name] for name in copy}, f"orders believe {copy} of {ticket}"
    assert snapshot.ticket_copies.keys() == snapshot.tickets.keys()
    for copy in snapshot.order_copies.values():
        order = snapshot.orders[copy["id"]]
        truth = {
            **{name: order[name] for name in ("id", "status", "payment_id", "expires_at", "cancel_reason")},
            "buyer": order["user_id"],
            "amount": order["ticket_price"],
        }
        assert copy == truth, f"payments believe {copy} of {order}"
    assert snapshot.order_copies.keys() == snapshot.orders.keys()


def _check_sums(snapshot: Snapshot, provider: Provider) -> None:
    complete = [order for order in snapshot.orders.values() if order["status"] == "complete"]
    captured = [payment for payment in snapshot.payments.values() if payment["status"] == "captured"]
    parts = sum(Decimal(payment["refunded"]) for payment in captured)
    taken = sum(i.amount - i.refunded for i in provider.intents.values() if i.is_taken)
    for payment in captured:
        assert Decimal(payment["refunded"]) >= Decimal(payment["refund_goal"]), f"{payment} lacks a refund"
    sums = {
        "complete orders": sum(Decimal(order["ticket_price"]) for order in complete) - parts,
        "captured payments": sum(Decimal(payment["amount"]) for payment in captured) - parts,
        "the ledger": sum(Decimal(row["taken"]) for row in snapshot.ledger.values()),
        "the provider": Decimal(taken) / 100,
    }
    assert len(set(sums.values())) == 1, f"the sums differ: {sums}"
    held = sum(Decimal(row["held"]) for row in snapshot.ledger.values())
    assert held == 0, f"the ledger still holds {held}"
