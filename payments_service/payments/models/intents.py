"""What Stripe says of a PaymentIntent, in our words, and what we may want of it."""

from dataclasses import dataclass
from enum import StrEnum, auto


class IntentState(StrEnum):
    """Where Stripe's own record of an attempt stands."""

    UNPAID = auto()  # wants a card: none was given, or the last one failed
    UNCONFIRMED = auto()  # has a card, and nobody has asked for the money yet
    CHALLENGED = auto()  # the buyer's bank wants to hear from the buyer first (3-D Secure)
    PROCESSING = auto()
    AUTHORIZED = auto()  # authorised: the amount is reserved, nothing is taken
    CAPTURED = auto()
    REFUNDED = auto()  # taken, and given back in full
    CANCELED = auto()  # cancelled: it can never take money again

    @property
    def is_open(self) -> bool:
        """Whether it has reserved or taken nothing yet, and could still."""
        return self in (IntentState.UNPAID, IntentState.UNCONFIRMED, IntentState.CHALLENGED)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a card, or a step, was refused: Stripe's code and its words for people."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A PaymentIntent as Stripe last told it.

    `failure` is why its last card failed; `next_action_url` the page on which the buyer answers a challenge.
    """

    id: str
    state: IntentState
    client_secret: str
    failure: Failure | None = None
    next_action_url: str = ""


class Goal(StrEnum):
    """What should become of a payment, given its order."""

    AUTHORIZE = auto()  # the order is open: reserve the amount, take nothing
    CAPTURE = auto()  # the order completed with this payment
    RELEASE = auto()  # everything else


class ProviderCall(StrEnum):
    """One call to Stripe that brings an intent nearer to the goal."""

    CONFIRM = auto()
    CAPTURE = auto()
    CANCEL = auto()
    REFUND = auto()
