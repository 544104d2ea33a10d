"""What the services' databases hold at one moment."""

from dataclasses import dataclass

from tests.model.processes import Message


@dataclass(frozen=True)
class Snapshot:
    """What each service stores, and what was begun where: read in one go."""

    tickets: Message
    orders: Message
    ticket_copies: Message
    payments: Message
    ledger: Message
    order_copies: Message
    parked: list[str]
    #: Of each service: the aggregates that have parked events, and what it stores about users.
    blocked: dict[str, list[str]]
    user_copies: dict[str, Message]
    revocations: dict[str, Message]

    def live(self, ticket: str) -> list[Message]:
        """Return the orders on a ticket that haven't ended."""
        return [
            order
            for order in self.orders.values()
            if order["ticket_id"] == ticket and order["status"] != "cancelled"
        ]

    def is_suspended(self, user: str, at: str) -> bool:
        """Return whether a service's replica says that a user is suspended."""
        copy = self.user_copies[at].get(user)
        return copy is not None and copy["status"] == "suspended"

    def payments_of(self, order: str) -> list[Message]:
        """Return the attempts to pay an order, in their order."""
        return [payment for payment in self.payments.values() if payment["order_id"] == order]
