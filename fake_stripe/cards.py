"""Stripe's published test cards by name, and the outcome of each.

A name follows `pm_card_` or `tok_`: `pm_card_visa` and `tok_visa` are the same card. The names, numbers and
words are those of Stripe's page on testing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """Why a card is declined."""

    code: str
    decline_code: str
    message: str


_NUMBERS: dict[str, str] = {
    "visa": "4242424242424242",
    "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444",
    "mastercard_debit": "5200828282828210",
    "discover": "6011111111111117",
    "chargeDeclined": "4000000000000002",
    "chargeDeclinedInsufficientFunds": "4000000000009995",
    "chargeDeclinedLostCard": "4000000000009987",
    "chargeDeclinedStolenCard": "4000000000009979",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "chargeDeclinedVelocityLimitExceeded": "4000000000006975",
    "chargeCustomerFail": "4000000000000341",
    "authenticationRequired": "4000002760003184",
    "threeDSecureRequired": "4000000000003063",
    "threeDSecure2Required": "4000000000003220",
    "threeDSecureRequiredChargeDeclined": "4000008400001629",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
}

#: The decline of a card without a reason of its own.
GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
_NO_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")

_DECLINES: dict[str, Decline] = {
    "4000000000000002": GENERIC,
    "4000000000000341": GENERIC,
    "4000008400001629": GENERIC,
    "4000000000009995": _NO_FUNDS,
    "4000008260003178": _NO_FUNDS,
    "4000000000009987": Decline("card_declined", "lost_card", "Your card was declined."),
    "4000000000009979": Decline("card_declined", "stolen_card", "Your card was declined."),
    "4000000000006975": Decline(
        "card_declined",
        "card_velocity_exceeded",
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    ),
    "4000000000000069": Decline("expired_card", "expired_card", "Your card has expired."),
    "4000000000000127": Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    "4000000000000119": Decline(
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}


def number_of(name: str) -> str | None:
    """Return the number behind a name such as `pm_card_visa` or `tok_visa`, None for another name."""
    for prefix in ("pm_card_", "tok_"):
        if name.startswith(prefix):
            card = name.removeprefix(prefix)
            return _NUMBERS.get(card) or _NUMBERS.get(card.removeprefix("visa_"))
    return None


def decline_of(number: str) -> Decline | None:
    """Return why a charge on this card is declined, None where it succeeds."""
    return _DECLINES.get(number)
