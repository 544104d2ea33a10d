"""A payment provider in this process's memory, with nothing of Stripe: the proof that payments needs none.

Its cards: `card_good`, `card_declined`, `card_challenged` (see `answer_challenge`) and `card_unknown`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from payments_service.payments.models import Failure, Intent, IntentState
from payments_service.providers import (
    InvalidSignature,
    PaymentProvider,
    ProviderDeclined,
    ProviderRecord,
    ProviderRefused,
    ProviderUnavailable,
    Webhook,
)
from service_defaults.transactions import require_no_transaction

NAME = "Memory"
DECLINED = Failure(code="declined", message="The card was declined.")


@dataclass
class Account:
    """An intent, its card and its money."""

    intent: Intent
    card: str | None
    amount: Decimal
    currency: str
    payment_id: UUID
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def set_state(self, state: IntentState, failure: Failure | None = None) -> Intent:
        self.intent = replace(self.intent, state=state, failure=failure)
        return self.intent


class Memory(PaymentProvider):
    """Intents by their ids; `is_down` makes every call fail."""

    name = NAME
    card_pattern = r"^card_[a-z]+\Z"
    card_rule = "Token must be a card in memory"
    publishable_key = "memory"

    def __init__(self) -> None:
        self.is_down = False
        self._accounts: dict[str, Account] = {}
        self._answers: dict[str, Intent] = {}

    def create_intent(
        self, *, amount: Decimal, currency: str, card: str | None, payment_id: UUID, order_id: UUID, key: str
    ) -> Intent:
        def create() -> Intent:
            if card == "card_unknown":
                raise ProviderRefused(Failure(code="unknown_card", message="There is no such card."))
            state = IntentState.UNCONFIRMED if card else IntentState.UNPAID
            intent_id = f"intent_{len(self._accounts) + 1}"
            intent = Intent(id=intent_id, provider=NAME, state=state, client_secret="secret")
            self._accounts[intent_id] = Account(intent, card, amount, currency, payment_id)
            return intent

        return self._run_once_per_key(key, create)

    def confirm_intent(self, intent_id: str, *, return_url: str, key: str) -> Intent:
        def confirm() -> Intent:
            account = self._in(intent_id, IntentState.UNCONFIRMED)
            if account.card == "card_declined":
                account.set_state(IntentState.UNPAID, DECLINED)
                raise ProviderDeclined(DECLINED)
            is_challenged = account.card == "card_challenged"
            return account.set_state(IntentState.CHALLENGED if is_challenged else IntentState.AUTHORIZED)

        return self._run_once_per_key(key, confirm)

    def capture_intent(self, intent_id: str, *, key: str) -> Intent:
        return self._move(intent_id, key, IntentState.CAPTURED, IntentState.AUTHORIZED)

    def cancel_intent(self, intent_id: str, *, key: str) -> Intent:
        is_cancellable = [state for state in IntentState if state.is_open or state is IntentState.AUTHORIZED]
        return self._move(intent_id, key, IntentState.CANCELED, *is_cancellable)

    def refund_intent(self, intent_id: str, *, amount: Decimal | None = None, key: str) -> Intent:
        def refund() -> Intent:
            account = self._in(intent_id, IntentState.CAPTURED)
            left = account.amount - account.intent.refunded
            if (amount or left) > left:
                raise ProviderRefused(Failure(code="too_much", message=f"Only {left} is left."))
            refunded = account.intent.refunded + (amount or left)
            account.intent = replace(account.intent, refunded=refunded)
            return account.set_state(IntentState.REFUNDED) if refunded == account.amount else account.intent

        return self._run_once_per_key(key, refund)

    def fetch_intent(self, intent_id: str) -> Intent:
        self._require_reachable()
        if intent_id not in self._accounts:
            raise ProviderUnavailable
        return self._accounts[intent_id].intent

    def fetch_record(self, intent_id: str) -> ProviderRecord | None:
        self._require_reachable()
        account = self._accounts.get(intent_id)
        return account and _record(account)

    def list_records(self, *, since: datetime, until: datetime) -> Iterator[ProviderRecord]:
        self._require_reachable()
        for account in reversed(self._accounts.values()):
            if since <= account.created <= until:
                yield _record(account)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Webhook:
        if headers.get("Memory-Signature") != "signed":
            raise InvalidSignature
        return Webhook(**json.loads(body))

    def answer_challenge(self, intent_id: str) -> None:
        """Confirm with the bank, as the buyer does."""
        self._in(intent_id, IntentState.CHALLENGED).set_state(IntentState.AUTHORIZED)

    def _move(self, intent_id: str, key: str, to: IntentState, *states: IntentState) -> Intent:
        return self._run_once_per_key(key, lambda: self._in(intent_id, *states).set_state(to))

    def _in(self, intent_id: str, *states: IntentState) -> Account:
        account = self._accounts[intent_id]
        if account.intent.state not in states:
            raise ProviderRefused(Failure(code="wrong_state", message=f"It is {account.intent.state}."))
        return account

    def _run_once_per_key(self, key: str, effect: Callable[[], Intent]) -> Intent:
        self._require_reachable()
        if key not in self._answers:
            self._answers[key] = effect()
        return self._answers[key]

    def _require_reachable(self) -> None:
        require_no_transaction("A payment provider")
        if self.is_down:
            raise ProviderUnavailable


def _record(account: Account) -> ProviderRecord:
    nothing, state = Decimal(0), account.intent.state
    return ProviderRecord(
        intent_id=account.intent.id,
        payment_id=str(account.payment_id),
        held=account.amount if state is IntentState.AUTHORIZED else nothing,
        taken=account.amount - account.intent.refunded if state is IntentState.CAPTURED else nothing,
        currency=account.currency,
        created=account.created,
    )
