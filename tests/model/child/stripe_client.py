"""Stands where Stripe's own client stands, so that everything above it is the real code.

Why not the fake provider's process: the parent must be able to lose an answer, kill this process, or let
something else happen exactly between a request and its answer. So each request goes over the pipe to a
provider that the parent holds in its memory, and which outlives this process.
"""

from types import SimpleNamespace
from typing import Any

from payments_service.providers import stripe
from tests.model.child.pipe import Message, Pipe


class RemoteClient:
    """As much of `stripe.StripeClient` as payments uses."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self.v1 = SimpleNamespace(payment_intents=self, refunds=SimpleNamespace(create=self._refund))

    def create(self, params: Message, options: Message) -> Any:
        return self._send("create", options, **params)

    def confirm(self, intent_id: str, params: Message, options: Message) -> Any:
        return self._send("confirm", options, intent=intent_id)

    def capture(self, intent_id: str, params: Message, options: Message) -> Any:
        return self._send("capture", options, intent=intent_id)

    def cancel(self, intent_id: str, params: Message, options: Message) -> Any:
        return self._send("cancel", options, intent=intent_id)

    def retrieve(self, intent_id: str, params: Message) -> Any:
        return self._send("retrieve", {}, intent=intent_id)

    def _refund(self, params: Message, options: Message) -> Any:
        return self._send("refund", options, intent=params["payment_intent"], amount=params.get("amount"))

    def _send(self, call: str, options: Message, **about: Any) -> Any:
        answer = self._pipe.call_provider(
            {"call": call, "key": options.get("idempotency_key"), "about": about}
        )
        if "error" in answer:
            raise _error(answer["error"])
        return SimpleNamespace(to_dict=lambda: answer["intent"])


def _error(error: Message) -> Exception:
    library, message, body = stripe.stripe, error["message"], {"error": error}
    match error["type"]:
        case "card_error":
            return library.CardError(message, None, error["code"], json_body=body)
        case "invalid_request_error":
            return library.InvalidRequestError(message, None, error["code"], json_body=body)
        case "idempotency_error":
            return library.IdempotencyError(message, json_body=body)
    return library.APIConnectionError(message)
