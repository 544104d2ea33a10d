"""A provider with Stripe's rules, in memory: intents, idempotency keys, and what it would say by webhook."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

GOOD, DECLINED, CHALLENGED = "pm_good", "pm_declined", "pm_challenged"

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")

Message = dict[str, Any]


class ProviderRefuses(Exception):
    """The plain no of the provider, in Stripe's terms."""

    def __init__(self, type: str, code: str) -> None:
        self.error = {"type": type, "code": code, "message": f"The provider says {code}."}
        super().__init__(code)


@dataclass
class Intent:
    """A PaymentIntent. `refunded` is how much of it went back."""

    id: str
    amount: int
    order: str
    payment: str
    card: str | None
    status: str = "requires_payment_method"
    refunded: int = 0
    error: Message | None = None

    @property
    def is_taken(self) -> bool:
        return self.status == "succeeded" and self.refunded < self.amount

    def raw(self) -> Message:
        """Return it as Stripe's API shows it."""
        is_captured = self.status == "succeeded"
        charge = {"refunded": self.refunded == self.amount, "amount_refunded": self.refunded}
        return {
            "id": self.id,
            "amount": self.amount,
            "currency": "usd",
            "status": self.status,
            "client_secret": f"{self.id}_secret",
            "amount_received": self.amount if is_captured else 0,
            "latest_charge": charge if is_captured else None,
            "last_payment_error": self.error,
        }


@dataclass
class Provider:
    """Takes requests as Stripe does: the answer to a key, a refusal too, is the answer for ever."""

    intents: dict[str, Intent] = field(default_factory=dict)
    webhooks: list[dict[str, str]] = field(default_factory=list)
    #: Requests that left their sender and have not arrived yet.
    late: list[Message] = field(default_factory=list)
    _answers: dict[str, tuple[Message, Message]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def answer(self, request: Message, *, refuse: bool = False) -> Message:
        """Carry out the request and return Stripe's answer; with `refuse` it declines."""
        key = request["key"]
        if key is None:
            return {"intent": self.intents[request["about"]["intent"]].raw()}
        if key not in self._answers:
            self._answers[key] = (request, self._do(request, refuse=refuse))
        first, answer = self._answers[key]
        return (
            answer
            if first == request
            else {"error": ProviderRefuses("idempotency_error", "key_reused").error}
        )

    def let_late_requests_arrive(self) -> None:
        """Late requests arrive; no caller waits for their answers any more."""
        while self.late:
            self.answer(self.late.pop(0))

    def confirm_in_browser(self, intent_id: str, card: str) -> None:
        """The buyer's page gives a card."""
        intent = self.intents[intent_id]
        if intent.status == "requires_payment_method":
            intent.card = card
            self._quietly("confirm", intent_id)

    def authenticate(self, intent_id: str, *, success: bool) -> None:
        """The buyer answers the provider's challenge."""
        intent = self.intents[intent_id]
        if intent.status == "requires_action":
            intent.error = None if success else ProviderRefuses("card_error", "authentication_failed").error
            self._enter(intent, "requires_capture" if success else "requires_payment_method")

    def let_authorisation_lapse(self, intent_id: str) -> None:
        """What is only reserved is free again after a week."""
        if self.intents[intent_id].status == "requires_capture":
            self._quietly("cancel", intent_id)

    def refund_by_clerk(self, intent_id: str, part: int) -> None:
        """An operator refunds so much of it in Stripe's dashboard, or what is left where that is less."""
        intent = self.intents[intent_id]
        self._quietly("refund", intent_id, amount=min(part, intent.amount - intent.refunded))

    def parts_refunded(self, intent_id: str) -> int:
        """How much of an intent went back by requests that named an amount; a clerk's aren't among them."""
        return sum(
            request["about"]["amount"] or 0
            for request, answer in self._answers.values()
            if request["call"] == "refund" and request["about"]["intent"] == intent_id and "intent" in answer
        )

    def _quietly(self, call: str, intent_id: str, **about: Any) -> None:
        self._do({"call": call, "about": {"intent": intent_id, **about}}, refuse=False)

    def _do(self, request: Message, *, refuse: bool) -> Message:
        try:
            if refuse:
                raise ProviderRefuses("invalid_request_error", "not_now")
            about = dict(request["about"])
            if request["call"] != "create":
                about["intent"] = self.intents[about["intent"]]
            return {"intent": getattr(self, f"_{request['call']}")(**about).raw()}
        except ProviderRefuses as refusal:
            return {"error": refusal.error}

    def _create(self, amount: int, metadata: Message, payment_method: str | None = None, **_: Any) -> Intent:
        intent = Intent(
            id=f"pi_{next(self._numbers)}",
            amount=amount,
            order=metadata["order_id"],
            payment=metadata["payment_id"],
            card=payment_method,
            status="requires_confirmation" if payment_method else "requires_payment_method",
        )
        self.intents[intent.id] = intent
        return intent

    def _confirm(self, intent: Intent) -> Intent:
        self._require(intent, "requires_confirmation", "requires_payment_method")
        if intent.card == DECLINED or intent.card is None:
            intent.error, intent.card = ProviderRefuses("card_error", "card_declined").error, None
            self._enter(intent, "requires_payment_method")
            raise ProviderRefuses("card_error", "card_declined")
        return self._enter(intent, "requires_action" if intent.card == CHALLENGED else "requires_capture")

    def _capture(self, intent: Intent) -> Intent:
        self._require(intent, "requires_capture")
        return self._enter(intent, "succeeded")

    def _cancel(self, intent: Intent) -> Intent:
        self._require(intent, *_OPEN, "requires_capture")
        return self._enter(intent, "canceled")

    def _refund(self, intent: Intent, amount: int | None = None) -> Intent:
        self._require(intent, "succeeded")
        left = intent.amount - intent.refunded
        if not left or (amount or left) > left:
            raise ProviderRefuses("invalid_request_error", "charge_already_refunded")
        intent.refunded += amount or left
        return self._send_webhook(intent, "charge.refunded")

    def _require(self, intent: Intent, *statuses: str) -> None:
        if intent.status not in statuses:
            raise ProviderRefuses("invalid_request_error", "payment_intent_unexpected_state")

    def _enter(self, intent: Intent, status: str) -> Intent:
        intent.status = status
        return self._send_webhook(intent, f"payment_intent.{status}")

    def _send_webhook(self, intent: Intent, type: str) -> Intent:
        event = {"event_id": f"evt_{next(self._numbers)}", "type": type, "intent_id": intent.id}
        self.webhooks.append(event)
        return intent
