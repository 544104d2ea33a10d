"""What people do in the marketplace, and whom and what the model chooses for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.model.market import SETTLE, Market
from tests.model.processes import Message
from tests.model.provider import DECLINED, GOOD
from tests.model.snapshot import Snapshot

SELLER = "00000000-0000-7000-8000-000000000001"
BUYERS = [f"00000000-0000-7000-8000-00000000000{n}" for n in (2, 3)]
#: Who buys too, and whom operators suspend and reinstate.
SUSPECT = "00000000-0000-7000-8000-000000000009"
#: Longer than any hold and any lease.
LONG = timedelta(seconds=1300)


class People:
    """The hands of the state machine. `snapshot` is what all believed after the last step."""

    market: Market
    snapshot: Snapshot

    # Doing

    def _list(self) -> str:
        ticket: str = self.market.call("tickets", "list_ticket", seller=SELLER, price="20.00")
        return ticket

    def _as_seller(self, do: str, ticket: int, **what: Any) -> None:
        chosen = self._ticket(ticket)
        gone, held = chosen["withdrawn"], chosen["order_id"] is not None
        _, refused = self.market.attempt("tickets", do, ticket=chosen["id"], seller=SELLER, **what)
        assert refused == ("TicketNotFound" if gone else "TicketReserved" if held else "")

    def _cancel(self, order: Message) -> None:
        _, refused = self.market.attempt("orders", "cancel_order", order=order["id"], buyer=order["user_id"])
        assert refused == ("OrderAlreadyPaid" if order["status"] == "complete" else "")

    def _pay(self, order: Message, card: str) -> tuple[Any, str]:
        return self.market.attempt(
            "payments", "pay_order", order=order["id"], buyer=order["user_id"], card=card
        )

    def _pay_as_promised(self, order: Message, card: str) -> None:
        promised = self._answers_due(order, card)
        status, refused = self._pay(order, card)
        assert (status or refused) in promised, f"{status or refused} instead of {promised} for {order}"

    def _go_on(self, then: str) -> None:
        if then == "news":
            self.market.flow()
        elif then == "all":
            self.market.run_commands()

    def _brew(self, faults: list[str], happening: str, order: Message) -> None:
        self.market.broker.faults = list(faults)
        self.market.broker.meanwhile = lambda: self._happen(happening, order)

    def _happen(self, happening: str, order: Message) -> None:
        match happening:
            case "news":
                self.market.flow()
            case "the hold lapses":
                self.market.broker.now += LONG
                self.market.call("orders", "sweep")
                self.market.flow()
            case "the buyer cancels":
                self.market.attempt("orders", "cancel_order", order=order["id"], buyer=order["user_id"])
                self.market.flow()
            case "a second worker":
                for payment in self.market.snapshot().payments_of(order["id"]):
                    self.market.attempt("payments", SETTLE, payment_id=payment["id"])
            case "a second click":
                self._pay(order, GOOD)
            case "a webhook":
                for event in self.market.provider.webhooks[-2:]:
                    self.market.call("payments", "receive_webhook", **event)

    # Choosing

    def _ticket(self, nth: int) -> Message:
        """Return a ticket, rather one that can be had."""
        ticket: Message = pick(self.snapshot.tickets, nth, self._is_for_sale)
        return ticket

    def _order(self, nth: int) -> Message:
        """Return an order, rather one that can still be paid."""
        order: Message = pick(self.snapshot.orders, nth, self._is_open)
        return order

    def _order_to_pay(self, nth: int) -> Message:
        """Return an order; where all have ended, a buyer comes back for a new one."""
        if not any(self._is_open(order) for order in self.snapshot.orders.values()):
            self._buy_one(nth)
        return self._order(nth)

    def _payable_order(self, nth: int) -> Message:
        """Return an order without a payment; where there is none, a buyer makes one."""
        order: Message = pick(self._payable(), nth) if self._payable() else self._buy_one(nth)
        return order

    def _buy_one(self, nth: int) -> Message:
        ticket = self._ticket(0)
        chosen = ticket["id"] if self._is_for_sale(ticket) else self._list()
        self.market.flow()
        order = self.market.call("orders", "place_order", buyer=BUYERS[nth % 2], ticket=chosen)
        self.market.flow()
        self.snapshot = self.market.snapshot()
        bought: Message = self.snapshot.orders[order]
        return bought

    def _is_for_sale(self, ticket: Message) -> bool:
        return not ticket["withdrawn"] and not self.snapshot.live(ticket["id"])

    def _is_open(self, order: Message) -> bool:
        return order["status"] in ("created", "awaiting:payment")

    def _payable(self) -> dict[str, Message]:
        return {
            key: order
            for key, order in self.snapshot.orders.items()
            if order["status"] == "created" and self._answers_due(order, GOOD) == {"authorized"}
        }

    def _captured(self) -> dict[str, Message]:
        return {key: row for key, row in self.snapshot.payments.items() if row["status"] == "captured"}

    def _in_browsers(self) -> dict[str, Message]:
        rows = self.snapshot.payments
        return {key: row for key, row in rows.items() if row["in_browser"] and row["intent_id"]}

    def _challenged(self) -> dict[str, Message]:
        return {
            intent.id: {"id": intent.id}
            for intent in self.market.provider.intents.values()
            if intent.status == "requires_action"
        }

    def _answers_due(self, order: Message, card: str) -> set[str]:
        """Return the possible answers to a payment now, while the provider is up and nothing else happens."""
        attempts = self.snapshot.payments_of(order["id"])
        standing = [each for each in attempts if each["status"] in ("started", "requires_action")]
        refusal = self._refusal_due(order, attempts)
        if refusal:
            return {refusal}
        if standing and standing[0]["has_holder"] and not self._is_over(standing[0]["leased_until"]):
            return {"PaymentInProgress"}
        intent = self.market.provider.intents.get(standing[0]["intent_id"] or "") if standing else None
        if card == GOOD or (intent and intent.status == "requires_capture"):
            return {"authorized"}
        return {"CardDeclined"} if card == DECLINED else {"requires_action"}

    def _refusal_due(self, order: Message, attempts: list[Message]) -> str:
        copy = self.snapshot.order_copies.get(order["id"])
        if copy is None:
            return "OrderNotFound"
        if self.snapshot.is_suspended(order["user_id"], "payments"):
            return "BuyerSuspended"
        if copy["status"] == "cancelled":
            return "OrderCancelled"
        is_paid = any(each["status"] in ("authorized", "captured") for each in attempts)
        if is_paid or copy["status"] == "complete":
            return "OrderAlreadyPaid"
        return "OrderExpired" if self._is_over(copy["expires_at"]) else ""

    def _is_over(self, time: str | None) -> bool:
        return time is None or datetime.fromisoformat(time) <= self.market.broker.now


def pick(rows: dict[str, Any], nth: int, likely: Callable[[Any], bool] = bool) -> Any:
    """Return one of the rows: for 0 the latest of the likely ones."""
    return sorted(rows.values(), key=likely)[-1 - nth % len(rows)]
