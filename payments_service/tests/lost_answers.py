"""A connection to Stripe that loses answers: each call takes effect there."""

from functools import cache
from typing import Any

import pytest
import stripe as library
from django.conf import settings

from payments_service.payments.models import Intent, ProviderCall
from payments_service.providers import stripe

#: What the URL of each call ends in.
CALLS = {
    "create": "/payment_intents",
    "confirm": "/confirm",
    "capture": "/capture",
    "cancel": "/cancel",
    "refund": "/refunds",
}


class LossyLine(library.RequestsClient):
    """The real client's transport; it forgets the answers to one kind of call while it is `broken`."""

    def __init__(self, call: str) -> None:
        super().__init__(timeout=(stripe.CONNECT_TIMEOUT, stripe.READ_TIMEOUT))
        self._end = CALLS[call]
        self.broken = True
        self.lost = 0

    def request(self, method: str, url: str, *given: Any, **options: Any) -> Any:
        answer = super().request(method, url, *given, **options)
        if self.broken and method == "post" and url.endswith(self._end):
            self.lost += 1
            raise library.APIConnectionError("The answer was lost", should_retry=True)
        return answer


def lose_answers(monkeypatch: pytest.MonkeyPatch, call: str) -> LossyLine:
    """Have every answer to a kind of call get lost, the client's own repetition included."""
    line = LossyLine(call)
    client = library.StripeClient(
        settings.STRIPE_API_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        max_network_retries=stripe.RETRIES,
        http_client=line,
    )
    monkeypatch.setattr(stripe, "_client", cache(lambda: client))
    return line


def lose_answer(monkeypatch: pytest.MonkeyPatch, call: ProviderCall) -> None:
    """Have a call take effect at Stripe, and its answer be lost."""
    real = getattr(stripe.Stripe, f"{call}_intent")

    def lost(self: stripe.Stripe, intent_id: str, **given: str) -> Intent:
        real(self, intent_id, **given)
        raise stripe.StripeUnavailable

    monkeypatch.setattr(stripe.Stripe, f"{call}_intent", lost)
