"""An intent at the payment provider, and what payments may do with it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, auto


class IntentState(StrEnum):
    """The state of an intent by the provider's own record."""

    UNPAID = auto()  # needs a card: none was given, or the last one failed
    UNCONFIRMED = auto()  # has a card, and its amount is not requested from the bank yet
    CHALLENGED = auto()  # the buyer must answer the bank's challenge first (3-D Secure)
    PROCESSING = auto()
    AUTHORIZED = auto()  # the amount is reserved at the bank, nothing is captured
    CAPTURED = auto()
    REFUNDED = auto()  # captured, and refunded in full
    CANCELED = auto()  # final: nothing can be authorised or captured any more

    @property
    def is_open(self) -> bool:
        """Whether nothing is authorised yet, and still can be."""
        return self in (IntentState.UNPAID, IntentState.UNCONFIRMED, IntentState.CHALLENGED)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a card, or a call, was refused: the provider's code, and its message for people."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Intent:
    """An intent in the state that the provider last returned; `provider` is the provider's name.

    `failure` is why its last card failed; `next_action_url` the page on which the buyer answers a challenge.
    `refunded` is how much of what was captured has gone back, in the currency's main unit.
    `card_last4` are the last four digits of its card's number, as far as the provider says them.
    """

    id: str
    provider: str
    state: IntentState
    client_secret: str
    failure: Failure | None = None
    next_action_url: str = ""
    card_last4: str = ""
    refunded: Decimal = Decimal(0)


class Goal(StrEnum):
    """What a payment is to become, given its order."""

    AUTHORIZE = auto()  # the order is open
    CAPTURE = auto()  # the order completed with this payment
    RELEASE = auto()  # anything else: cancel or refund it


class ProviderCall(StrEnum):
    """A call of the provider that brings an intent nearer to its payment's goal."""

    CONFIRM = auto()
    CAPTURE = auto()
    CANCEL = auto()
    REFUND = auto()
    REFUND_PART = auto()
