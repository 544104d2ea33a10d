"""Payment providers: what payments needs of the company that moves the money, in the domain's words.

`PAYMENTS_PROVIDER` names the class that is used. Another provider is another module beside `stripe`, with a
class that fulfils `PaymentProvider`; its constructor takes no arguments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from payments_service.payments.models import Failure, Intent
from service_defaults import errors


class ProviderUnavailable(errors.Unavailable):
    """The payment provider can't be reached at the moment. Please try again.

    Whether the call took effect is unknown.
    """


class ProviderRefused(Exception):
    """The provider refused a call, and will refuse it again. `failure` is its reason."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(f"{failure.code}: {failure.message}")


class ProviderDeclined(ProviderRefused):
    """The buyer's bank declined the card."""


class InvalidSignature(errors.BusinessRuleViolation):
    """The signature is not the provider's."""


@dataclass(frozen=True, kw_only=True)
class ProviderRecord:
    """The money of an intent by the provider's records; `payment_id` is empty where it isn't one of ours."""

    intent_id: str
    payment_id: str
    held: Decimal
    taken: Decimal
    currency: str
    created: datetime


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Which intent a webhook is about. Its content is not used, since it may be out of date."""

    id: str
    type: str
    intent_id: str


class PaymentProvider(Protocol):
    """Intents at a provider: each is made for one payment, and moves that payment's money.

    No method may be called inside a transaction (`require_no_transaction`): rows would stay locked as long as
    the provider takes. A method that changes something has an idempotency `key`: repeated with it, a call
    takes effect once. Each may raise ProviderUnavailable.
    """

    #: Its name, for people.
    name: str
    #: The pattern of what the API accepts as a card, and the error for anything else.
    card_pattern: str
    card_rule: str

    @property
    def publishable_key(self) -> str:
        """The key by which the provider's script on a page identifies us."""

    def create_intent(
        self, *, amount: Decimal, currency: str, card: str | None, payment_id: UUID, order_id: UUID, key: str
    ) -> Intent:
        """Make an unconfirmed intent, to be captured later; without a `card` the buyer's browser gives one.

        The provider stores both ids with it. Raises ProviderDeclined; ProviderRefused for an unknown card.
        """

    def confirm_intent(self, intent_id: str, *, return_url: str, key: str) -> Intent:
        """Have the amount authorised; a challenge of the buyer's bank ends at `return_url`.

        Raises ProviderDeclined, ProviderRefused.
        """

    def capture_intent(self, intent_id: str, *, key: str) -> Intent:
        """Capture the authorised amount. Raises ProviderRefused."""

    def cancel_intent(self, intent_id: str, *, key: str) -> Intent:
        """Cancel an intent of which nothing was captured. Raises ProviderRefused."""

    def refund_intent(self, intent_id: str, *, amount: Decimal | None = None, key: str) -> Intent:
        """Refund this much of what was captured, or all that is left of it. Raises ProviderRefused."""

    def fetch_intent(self, intent_id: str) -> Intent:
        """Return the intent as it is now. Raises ProviderUnavailable for an unknown one, too."""

    def fetch_record(self, intent_id: str) -> ProviderRecord | None:
        """Return the provider's record of an intent, None for an unknown one."""

    def list_records(self, *, since: datetime, until: datetime) -> Iterator[ProviderRecord]:
        """Yield the records of the intents that were made in a time, newest first."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Webhook:
        """Return which intent a request of the provider's is about. Raises InvalidSignature."""


def get_provider() -> PaymentProvider:
    """Return the provider that the settings name."""
    return _load(settings.PAYMENTS_PROVIDER)


@cache
def _load(path: str) -> PaymentProvider:
    provider: PaymentProvider = import_string(path)()
    return provider
