"""The fake Stripe when things go wrong on purpose."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local_stack.stripe_faults import Fault, StripeFaults
from local_stack.tests.running_bank import Endpoint, FakeStripe, wait_until

CALLS = ["create", "confirm", "capture", "cancel", "refund"]


@pytest.fixture
def faults(bank: FakeStripe) -> Iterator[StripeFaults]:
    with StripeFaults(bank.address) as switched:
        yield switched


class Attempt:
    """One call of each kind, ready to be sent, and what it would have changed."""

    def __init__(self, bank: FakeStripe, operation: str) -> None:
        self.bank = bank
        self.operation = operation
        self.key = f"{operation}-{time.monotonic_ns()}"
        self.mark = self.key
        self.intent = {} if operation == "create" else self._prepared()

    def _prepared(self) -> dict[str, Any]:
        intent = self.bank.intent() if self.operation == "confirm" else self.bank.confirmed()
        if self.operation == "refund":
            self.bank.post(f"payment_intents/{intent['id']}/capture")
        return intent

    def send(self) -> httpx.Response:
        match self.operation:
            case "create":
                more = {"metadata[mark]": self.mark}
                return self.bank.post("payment_intents", key=self.key, amount="5", currency="usd", **more)
            case "refund":
                return self.bank.post("refunds", key=self.key, payment_intent=self.intent["id"])
        return self.bank.post(f"payment_intents/{self.intent['id']}/{self.operation}", key=self.key)

    @property
    def effects(self) -> int:
        """How often it took effect."""
        if self.operation == "create":
            made = self.bank.http.get("/v1/payment_intents", params={"limit": 1000}).json()["data"]
            return sum(intent["metadata"].get("mark") == self.mark for intent in made)
        now = self.bank.fetch(self.intent["id"])
        if self.operation == "refund":
            return int(now["latest_charge"]["amount_refunded"]) // int(now["amount"])
        done = {"confirm": "requires_capture", "capture": "succeeded", "cancel": "canceled"}
        return int(now["status"] == done[self.operation])


@pytest.mark.parametrize("operation", CALLS)
class TestACall:
    def test_may_be_lost_on_its_way(self, bank: FakeStripe, faults: StripeFaults, operation: str) -> None:
        attempt = Attempt(bank, operation)
        faults.plan(Fault(operation, "lost_request", times=1))
        with pytest.raises(httpx.TransportError):
            attempt.send()
        assert attempt.effects == 0
        answer = attempt.send()
        assert (answer.status_code, attempt.effects) == (200, 1)
        assert "Idempotent-Replayed" not in answer.headers

    def test_whose_answer_is_lost_is_answered_again_by_its_key(
        self, bank: FakeStripe, faults: StripeFaults, operation: str
    ) -> None:
        attempt = Attempt(bank, operation)
        faults.plan(Fault(operation, "lost_answer", times=2))
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                attempt.send()
            assert attempt.effects == 1
        answer = attempt.send()
        assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (200, "true")
        assert attempt.effects == 1
        assert faults.struck() == [2]

    def test_may_meet_a_bank_that_fails(self, bank: FakeStripe, faults: StripeFaults, operation: str) -> None:
        attempt = Attempt(bank, operation)
        faults.plan(Fault(operation, "error", times=1))
        answer = attempt.send()
        assert (answer.status_code, answer.json()["error"]["type"]) == (500, "api_error")
        assert attempt.effects == 0
        assert (attempt.send().status_code, attempt.effects) == (200, 1)

    def test_that_waits_takes_effect_even_when_its_sender_gave_up(
        self, bank: FakeStripe, faults: StripeFaults, operation: str
    ) -> None:
        attempt = Attempt(bank, operation)
        faults.plan(Fault(operation, "delay", times=1, seconds=0.4))
        bank.http.timeout = 0.1
        try:
            with pytest.raises(httpx.ReadTimeout):
                attempt.send()
        finally:
            bank.http.timeout = 5
        assert attempt.effects == 0
        wait_until(lambda: attempt.effects == 1)
        assert attempt.send().headers["Idempotent-Replayed"] == "true"


class TestFetching:
    @pytest.mark.parametrize("kind", ["lost_request", "lost_answer"])
    def test_may_get_no_answer(self, bank: FakeStripe, faults: StripeFaults, kind: str) -> None:
        intent = bank.intent()
        faults.plan(Fault("fetch", kind, times=1))
        with pytest.raises(httpx.TransportError):
            bank.fetch(intent["id"])
        assert bank.fetch(intent["id"])["id"] == intent["id"]


class TestWebhooks:
    def happen(self, bank: FakeStripe) -> dict[str, Any]:
        """An authorisation and a capture."""
        intent = bank.confirmed()
        bank.post(f"payment_intents/{intent['id']}/capture")
        return intent

    def heard_of(self, heard: Endpoint, intent: dict[str, Any], count: int) -> list[str]:
        events = [heard.next_about(intent["id"]) for _ in range(count)]
        return [event["type"].rpartition(".")[2] for event in events]

    def test_may_come_twice_as_one_event(
        self, bank: FakeStripe, faults: StripeFaults, heard: Endpoint
    ) -> None:
        faults.plan(Fault("webhook", "doubled", times=1))
        intent = bank.confirmed()
        first, second = (heard.next_about(intent["id"])["id"] for _ in range(2))
        assert first == second

    def test_may_never_come(self, bank: FakeStripe, faults: StripeFaults, heard: Endpoint) -> None:
        faults.plan(Fault("webhook", "missing", times=1))
        intent = self.happen(bank)
        assert self.heard_of(heard, intent, 1) == ["succeeded"]
        assert faults.struck() == [1]

    def test_may_come_in_another_order(self, bank: FakeStripe, faults: StripeFaults, heard: Endpoint) -> None:
        faults.plan(Fault("webhook", "reordered", times=1))
        intent = self.happen(bank)
        assert self.heard_of(heard, intent, 2) == ["succeeded", "amount_capturable_updated"]

    def test_are_not_lost_for_want_of_a_next_one(
        self, bank: FakeStripe, faults: StripeFaults, heard: Endpoint
    ) -> None:
        faults.plan(Fault("webhook", "reordered", seconds=0.1))
        intent = self.happen(bank)
        assert sorted(self.heard_of(heard, intent, 2)) == ["amount_capturable_updated", "succeeded"]

    def test_may_come_late(self, bank: FakeStripe, faults: StripeFaults, heard: Endpoint) -> None:
        faults.plan(Fault("webhook", "late", times=1, seconds=0.5))
        intent = self.happen(bank)
        assert self.heard_of(heard, intent, 2) == ["succeeded", "amount_capturable_updated"]


class TestThePlan:
    def outcomes(self, bank: FakeStripe, faults: StripeFaults, seed: int) -> list[int]:
        faults.plan(Fault("create", "error", chance=0.5), seed=seed)
        return [bank.post("payment_intents", amount="5", currency="usd").status_code for _ in range(20)]

    def test_strikes_by_chance_and_the_same_by_the_same_seed(
        self, bank: FakeStripe, faults: StripeFaults
    ) -> None:
        first = self.outcomes(bank, faults, seed=1)
        assert set(Counter(first)) == {200, 500}
        assert self.outcomes(bank, faults, seed=1) == first
        assert self.outcomes(bank, faults, seed=2) != first

    def test_goes_on_with_the_next_fault_when_one_is_used_up(
        self, bank: FakeStripe, faults: StripeFaults
    ) -> None:
        faults.plan(Fault("create", "error", times=1), Fault("create", "lost_request", times=1))
        assert bank.post("payment_intents", amount="5", currency="usd").status_code == 500
        with pytest.raises(httpx.TransportError):
            bank.post("payment_intents", amount="5", currency="usd")
        assert bank.post("payment_intents", amount="5", currency="usd").status_code == 200
        assert faults.struck() == [1, 1]

    def test_ends(self, bank: FakeStripe, faults: StripeFaults) -> None:
        faults.plan(Fault("create", "error"))
        faults.end()
        assert bank.post("payment_intents", amount="5", currency="usd").status_code == 200
        assert faults.struck() == []

    def test_ends_with_the_block_that_made_it(self, bank: FakeStripe) -> None:
        with StripeFaults(bank.address) as faults:
            faults.plan(Fault("create", "error"))
        assert bank.post("payment_intents", amount="5", currency="usd").status_code == 200

    @pytest.mark.parametrize(
        ("plan", "words"),
        [
            ({"faults": [{"on": "lunch", "kind": "delay"}]}, "none of the operations"),
            ({"faults": [{"on": "confirm", "kind": "missing"}]}, "can't happen to confirm"),
            ({"faults": [{"on": "webhook", "kind": "lost_answer"}]}, "can't happen to webhook"),
            ({"faults": [{"on": "confirm", "kind": "delay", "chance": 2}]}, "from 0 to 1"),
            ({"faults": [{"on": "confirm", "kind": "delay", "odds": 1}]}, "odds"),
            ({"faults": [{"on": "confirm", "kind": "rain"}]}, "rain"),
            ({"faults": [7]}, "no plan"),
            ([], "no plan"),
        ],
    )
    def test_that_makes_no_sense_is_refused_whole(
        self, bank: FakeStripe, faults: StripeFaults, plan: object, words: str
    ) -> None:
        faults.plan(Fault("fetch", "error", times=7))
        answer = bank.http.put("/_faults", json=plan)
        assert answer.status_code == 400
        assert words in answer.json()["error"]["message"]
        assert bank.http.get("/_faults").json()["faults"][0]["times"] == 7

    def test_is_for_those_with_a_key(self, bank: FakeStripe) -> None:
        assert httpx.delete(f"{bank.address}/_faults", trust_env=False).status_code == 401
