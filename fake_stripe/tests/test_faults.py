"""The fake Stripe's fault injection."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fake_stripe.tests.running import Endpoint, FakeStripe, wait_until
from tests.chaos.stripe_faults import Fault, StripeFaults

CALLS = ["create", "confirm", "capture", "cancel", "refund"]


@pytest.fixture
def faults(stripe: FakeStripe) -> Iterator[StripeFaults]:
    with StripeFaults(stripe.address) as switched:
        yield switched


class Attempt:
    """One call of an operation, ready to be sent, and its effect."""

    def __init__(self, stripe: FakeStripe, operation: str) -> None:
        self.stripe = stripe
        self.operation = operation
        self.key = f"{operation}-{time.monotonic_ns()}"
        self.label = self.key
        self.intent = {} if operation == "create" else self._prepared()

    def _prepared(self) -> dict[str, Any]:
        intent = self.stripe.intent() if self.operation == "confirm" else self.stripe.confirmed()
        if self.operation == "refund":
            self.stripe.post(f"payment_intents/{intent['id']}/capture")
        return intent

    def send(self) -> httpx.Response:
        match self.operation:
            case "create":
                more = {"metadata[label]": self.label}
                return self.stripe.post("payment_intents", key=self.key, amount="5", currency="usd", **more)
            case "refund":
                return self.stripe.post("refunds", key=self.key, payment_intent=self.intent["id"])
        return self.stripe.post(f"payment_intents/{self.intent['id']}/{self.operation}", key=self.key)

    @property
    def effects(self) -> int:
        """How often it took effect."""
        if self.operation == "create":
            made = self.stripe.http.get("/v1/payment_intents", params={"limit": 1000}).json()["data"]
            return sum(intent["metadata"].get("label") == self.label for intent in made)
        now = self.stripe.fetch(self.intent["id"])
        if self.operation == "refund":
            return int(now["latest_charge"]["amount_refunded"]) // int(now["amount"])
        done = {"confirm": "requires_capture", "capture": "succeeded", "cancel": "canceled"}
        return int(now["status"] == done[self.operation])


@pytest.mark.parametrize("operation", CALLS)
class TestACall:
    def test_may_be_lost(self, stripe: FakeStripe, faults: StripeFaults, operation: str) -> None:
        attempt = Attempt(stripe, operation)
        faults.plan(Fault(operation, "lost_request", times=1))
        with pytest.raises(httpx.TransportError):
            attempt.send()
        assert attempt.effects == 0
        answer = attempt.send()
        assert (answer.status_code, attempt.effects) == (200, 1)
        assert "Idempotent-Replayed" not in answer.headers

    def test_whose_response_is_lost_is_repeated_by_its_key(
        self, stripe: FakeStripe, faults: StripeFaults, operation: str
    ) -> None:
        attempt = Attempt(stripe, operation)
        faults.plan(Fault(operation, "lost_answer", times=2))
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                attempt.send()
            assert attempt.effects == 1
        answer = attempt.send()
        assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (200, "true")
        assert attempt.effects == 1
        assert faults.struck() == [2]

    def test_may_fail_with_a_500(self, stripe: FakeStripe, faults: StripeFaults, operation: str) -> None:
        attempt = Attempt(stripe, operation)
        faults.plan(Fault(operation, "error", times=1))
        answer = attempt.send()
        assert (answer.status_code, answer.json()["error"]["type"]) == (500, "api_error")
        assert attempt.effects == 0
        assert (attempt.send().status_code, attempt.effects) == (200, 1)

    def test_that_is_delayed_takes_effect_after_a_disconnect(
        self, stripe: FakeStripe, faults: StripeFaults, operation: str
    ) -> None:
        attempt = Attempt(stripe, operation)
        faults.plan(Fault(operation, "delay", times=1, seconds=0.4))
        stripe.http.timeout = 0.1
        try:
            with pytest.raises(httpx.ReadTimeout):
                attempt.send()
        finally:
            stripe.http.timeout = 5
        assert attempt.effects == 0
        wait_until(lambda: attempt.effects == 1)
        assert attempt.send().headers["Idempotent-Replayed"] == "true"


class TestFetching:
    @pytest.mark.parametrize("kind", ["lost_request", "lost_answer"])
    def test_may_get_no_response(self, stripe: FakeStripe, faults: StripeFaults, kind: str) -> None:
        intent = stripe.intent()
        faults.plan(Fault("fetch", kind, times=1))
        with pytest.raises(httpx.TransportError):
            stripe.fetch(intent["id"])
        assert stripe.fetch(intent["id"])["id"] == intent["id"]


class TestWebhooks:
    def happen(self, stripe: FakeStripe) -> dict[str, Any]:
        """An authorisation and a capture."""
        intent = stripe.confirmed()
        stripe.post(f"payment_intents/{intent['id']}/capture")
        return intent

    def received_types(self, received: Endpoint, intent: dict[str, Any], count: int) -> list[str]:
        events = [received.next_event_of(intent["id"]) for _ in range(count)]
        return [event["type"].rpartition(".")[2] for event in events]

    def test_may_arrive_twice_as_one_event(
        self, stripe: FakeStripe, faults: StripeFaults, received: Endpoint
    ) -> None:
        faults.plan(Fault("webhook", "doubled", times=1))
        intent = stripe.confirmed()
        first, second = (received.next_event_of(intent["id"])["id"] for _ in range(2))
        assert first == second

    def test_may_never_arrive(self, stripe: FakeStripe, faults: StripeFaults, received: Endpoint) -> None:
        faults.plan(Fault("webhook", "missing", times=1))
        intent = self.happen(stripe)
        assert self.received_types(received, intent, 1) == ["succeeded"]
        assert faults.struck() == [1]

    def test_may_arrive_in_another_order(
        self, stripe: FakeStripe, faults: StripeFaults, received: Endpoint
    ) -> None:
        faults.plan(Fault("webhook", "reordered", times=1))
        intent = self.happen(stripe)
        assert self.received_types(received, intent, 2) == ["succeeded", "amount_capturable_updated"]

    def test_are_sent_without_a_next_one_too(
        self, stripe: FakeStripe, faults: StripeFaults, received: Endpoint
    ) -> None:
        faults.plan(Fault("webhook", "reordered", seconds=0.1))
        intent = self.happen(stripe)
        assert sorted(self.received_types(received, intent, 2)) == ["amount_capturable_updated", "succeeded"]

    def test_may_arrive_late(self, stripe: FakeStripe, faults: StripeFaults, received: Endpoint) -> None:
        faults.plan(Fault("webhook", "late", times=1, seconds=0.5))
        intent = self.happen(stripe)
        assert self.received_types(received, intent, 2) == ["succeeded", "amount_capturable_updated"]


class TestThePlan:
    def outcomes(self, stripe: FakeStripe, faults: StripeFaults, seed: int) -> list[int]:
        faults.plan(Fault("create", "error", chance=0.5), seed=seed)
        return [stripe.post("payment_intents", amount="5", currency="usd").status_code for _ in range(20)]

    def test_is_random_and_repeatable_by_its_seed(self, stripe: FakeStripe, faults: StripeFaults) -> None:
        first = self.outcomes(stripe, faults, seed=1)
        assert set(Counter(first)) == {200, 500}
        assert self.outcomes(stripe, faults, seed=1) == first
        assert self.outcomes(stripe, faults, seed=2) != first

    def test_continues_with_the_next_fault_when_one_is_used_up(
        self, stripe: FakeStripe, faults: StripeFaults
    ) -> None:
        faults.plan(Fault("create", "error", times=1), Fault("create", "lost_request", times=1))
        assert stripe.post("payment_intents", amount="5", currency="usd").status_code == 500
        with pytest.raises(httpx.TransportError):
            stripe.post("payment_intents", amount="5", currency="usd")
        assert stripe.post("payment_intents", amount="5", currency="usd").status_code == 200
        assert faults.struck() == [1, 1]

    def test_ends(self, stripe: FakeStripe, faults: StripeFaults) -> None:
        faults.plan(Fault("create", "error"))
        faults.end()
        assert stripe.post("payment_intents", amount="5", currency="usd").status_code == 200
        assert faults.struck() == []

    def test_ends_with_the_block_that_made_it(self, stripe: FakeStripe) -> None:
        with StripeFaults(stripe.address) as faults:
            faults.plan(Fault("create", "error"))
        assert stripe.post("payment_intents", amount="5", currency="usd").status_code == 200

    @pytest.mark.parametrize(
        ("plan", "words"),
        [
            ({"faults": [{"on": "nothing", "kind": "delay"}]}, "isn't one of the operations"),
            ({"faults": [{"on": "confirm", "kind": "missing"}]}, "isn't possible on confirm"),
            ({"faults": [{"on": "webhook", "kind": "lost_answer"}]}, "isn't possible on webhook"),
            ({"faults": [{"on": "confirm", "kind": "delay", "chance": 2}]}, "from 0 to 1"),
            ({"faults": [{"on": "confirm", "kind": "delay", "odds": 1}]}, "odds"),
            ({"faults": [{"on": "confirm", "kind": "unknown"}]}, "unknown"),
            ({"faults": [7]}, "Not a plan"),
            ([], "Not a plan"),
        ],
    )
    def test_is_rejected_whole_when_invalid(
        self, stripe: FakeStripe, faults: StripeFaults, plan: object, words: str
    ) -> None:
        faults.plan(Fault("fetch", "error", times=7))
        answer = stripe.http.put("/_faults", json=plan)
        assert answer.status_code == 400
        assert words in answer.json()["error"]["message"]
        assert stripe.http.get("/_faults").json()["faults"][0]["times"] == 7

    def test_requires_a_key(self, stripe: FakeStripe) -> None:
        assert httpx.delete(f"{stripe.address}/_faults", trust_env=False).status_code == 401
