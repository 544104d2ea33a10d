"""The fake Stripe as its clients use it: a process with an HTTP API."""

import hashlib
import hmac
import json
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from fake_stripe.tests.running import SECRET, Endpoint, FakeStripe


class TestAddress:
    def test_is_the_loopback_of_ipv4_only(self, stripe: FakeStripe) -> None:
        with closing(socket.socket(socket.AF_INET6)) as probe:
            assert probe.connect_ex(("::1", stripe.port)) != 0

    def test_requires_a_key(self, stripe: FakeStripe) -> None:
        assert httpx.get(f"http://127.0.0.1:{stripe.port}/v1/charges", trust_env=False).status_code == 401


class TestCards:
    @pytest.mark.parametrize("card", ["pm_card_visa", "tok_visa", "pm_card_mastercard", "tok_visa_debit"])
    def test_valid_ones_are_authorised(self, stripe: FakeStripe, card: str) -> None:
        assert stripe.confirmed(card)["status"] == "requires_capture"

    @pytest.mark.parametrize(
        ("card", "code", "message"),
        [
            ("pm_card_chargeDeclined", "card_declined", "Your card was declined."),
            ("pm_card_visa_chargeDeclined", "card_declined", "Your card was declined."),
            ("tok_visa_chargeDeclined", "card_declined", "Your card was declined."),
            ("tok_chargeDeclinedInsufficientFunds", "card_declined", "Your card has insufficient funds."),
            ("tok_chargeDeclinedExpiredCard", "expired_card", "Your card has expired."),
            (
                "pm_card_chargeDeclinedIncorrectCvc",
                "incorrect_cvc",
                "Your card's security code is incorrect.",
            ),
            ("pm_card_chargeCustomerFail", "card_declined", "Your card was declined."),
        ],
    )
    def test_declined_ones_have_their_reason(
        self, stripe: FakeStripe, card: str, code: str, message: str
    ) -> None:
        intent = stripe.intent(card)
        answer = stripe.post(f"payment_intents/{intent['id']}/confirm")
        assert answer.status_code == 402
        error = answer.json()["error"]
        assert (error["type"], error["code"], error["message"]) == ("card_error", code, message)
        now = stripe.fetch(intent["id"])
        assert now["status"] == "requires_payment_method"
        assert now["last_payment_error"]["message"] == message

    def test_of_an_unknown_name_are_missing(self, stripe: FakeStripe) -> None:
        answer = stripe.post("payment_intents", amount="1", currency="usd", payment_method="pm_unknown")
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "resource_missing"

    def test_may_come_as_a_token_in_payment_method_data(self, stripe: FakeStripe) -> None:
        data = {"payment_method_data[type]": "card", "payment_method_data[card][token]": "tok_visa"}
        answer = stripe.post("payment_intents", amount="1999", currency="usd", **data)
        assert answer.json()["status"] == "requires_confirmation"

    def test_may_be_given_when_confirming(self, stripe: FakeStripe) -> None:
        intent = stripe.post("payment_intents", amount="5", currency="usd", capture_method="manual").json()
        declined = stripe.post(f"payment_intents/{intent['id']}/confirm", payment_method="tok_chargeDeclined")
        assert declined.status_code == 402
        again = stripe.post(f"payment_intents/{intent['id']}/confirm", payment_method="tok_visa")
        assert again.json()["status"] == "requires_capture"


class TestThreeDSecure:
    def authenticate(self, stripe: FakeStripe, intent: dict[str, Any], success: str) -> httpx.Response:
        return stripe.post(
            f"payment_intents/{intent['id']}/_authenticate",
            key=None,
            client_secret=intent["client_secret"],
            success=success,
        )

    def test_authorises_after_the_confirmation(self, stripe: FakeStripe) -> None:
        intent = stripe.confirmed("pm_card_threeDSecure2Required")
        assert intent["status"] == "requires_action"
        assert self.authenticate(stripe, intent, "true").json()["status"] == "requires_capture"

    def test_authorises_nothing_when_it_fails(self, stripe: FakeStripe) -> None:
        intent = stripe.confirmed("pm_card_authenticationRequired")
        self.authenticate(stripe, intent, "false")
        assert stripe.fetch(intent["id"])["status"] == "requires_payment_method"

    def test_may_still_end_in_a_decline(self, stripe: FakeStripe) -> None:
        intent = stripe.confirmed("pm_card_threeDSecureRequiredChargeDeclined")
        assert self.authenticate(stripe, intent, "true").status_code == 402


class TestTheBanksPage:
    @pytest.fixture
    def intent(self, stripe: FakeStripe) -> dict[str, Any]:
        """An intent that is challenged, and returns to a shop."""
        return self.challenged(stripe, "pm_card_threeDSecure2Required")

    def challenged(self, stripe: FakeStripe, card: str) -> dict[str, Any]:
        confirm = f"payment_intents/{stripe.intent(card)['id']}/confirm"
        return stripe.post(confirm, return_url="http://localhost:8080/orders/7").json()  # type: ignore[no-any-return]

    def page(self, intent: dict[str, Any]) -> str:
        assert intent["next_action"]["type"] == "redirect_to_url"
        return str(intent["next_action"]["redirect_to_url"]["url"])

    def answer(self, intent: dict[str, Any], answer: str) -> httpx.Response:
        return httpx.post(self.page(intent), data={"answer": answer}, trust_env=False)

    def test_needs_no_key(self, stripe: FakeStripe, intent: dict[str, Any]) -> None:
        assert self.page(intent).startswith(f"{stripe.address}/_authenticate/")
        shown = httpx.get(self.page(intent), trust_env=False)
        assert shown.status_code == 200
        assert "Confirm your payment of 19.99 USD" in shown.text

    @pytest.mark.parametrize(
        ("answer", "status"), [("yes", "requires_capture"), ("no", "requires_payment_method")]
    )
    def test_applies_the_answer_and_redirects_to_the_shop(
        self, stripe: FakeStripe, intent: dict[str, Any], answer: str, status: str
    ) -> None:
        back = self.answer(intent, answer)
        assert back.status_code == 303
        assert back.headers["Location"].startswith(
            f"http://localhost:8080/orders/7?payment_intent={intent['id']}&"
        )
        assert stripe.fetch(intent["id"])["status"] == status

    def test_applies_one_answer_only(self, stripe: FakeStripe, intent: dict[str, Any]) -> None:
        self.answer(intent, "yes")
        assert self.answer(intent, "no").status_code == 303
        assert httpx.get(self.page(intent), trust_env=False).status_code == 303
        assert stripe.fetch(intent["id"])["status"] == "requires_capture"

    def test_redirects_after_a_decline_too(self, stripe: FakeStripe) -> None:
        intent = self.challenged(stripe, "pm_card_threeDSecureRequiredChargeDeclined")
        assert self.answer(intent, "yes").status_code == 303
        assert stripe.fetch(intent["id"])["last_payment_error"]["code"] == "card_declined"

    def test_keeps_the_answer_when_the_process_is_killed(
        self, stripe: FakeStripe, intent: dict[str, Any]
    ) -> None:
        self.answer(intent, "yes")
        stripe.kill()
        stripe.start()
        assert stripe.fetch(intent["id"])["status"] == "requires_capture"

    def test_is_a_404_with_a_wrong_secret(self, stripe: FakeStripe, intent: dict[str, Any]) -> None:
        guessed = f"{self.page(intent).partition('?')[0]}?client_secret=guess"
        assert httpx.get(guessed, trust_env=False).status_code == 404
        assert httpx.post(guessed, data={"answer": "yes"}, trust_env=False).status_code == 404
        assert stripe.fetch(intent["id"])["status"] == "requires_action"

    def test_sends_a_webhook_for_a_refusal(
        self, stripe: FakeStripe, intent: dict[str, Any], received: Endpoint
    ) -> None:
        self.answer(intent, "no")
        assert received.next_event_of(intent["id"])["type"] == "payment_intent.payment_failed"


class TestCaptureAndRefund:
    def test_captures_an_authorised_intent(self, stripe: FakeStripe) -> None:
        intent = stripe.confirmed()
        assert stripe.post(f"payment_intents/{intent['id']}/capture").json()["status"] == "succeeded"

    @pytest.mark.parametrize("verb", ["capture", "confirm", "cancel"])
    def test_changes_nothing_once_cancelled(self, stripe: FakeStripe, verb: str) -> None:
        intent = stripe.confirmed()
        assert stripe.post(f"payment_intents/{intent['id']}/cancel").json()["status"] == "canceled"
        answer = stripe.post(f"payment_intents/{intent['id']}/{verb}")
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "payment_intent_unexpected_state"
        assert stripe.fetch(intent["id"])["status"] == "canceled"

    def test_captures_nothing_before_the_authorisation(self, stripe: FakeStripe) -> None:
        assert stripe.post(f"payment_intents/{stripe.intent()['id']}/capture").status_code == 400

    def test_refunds_once(self, stripe: FakeStripe) -> None:
        intent = stripe.confirmed()
        stripe.post(f"payment_intents/{intent['id']}/capture")
        assert stripe.post("refunds", payment_intent=intent["id"]).json()["amount"] == 1999
        again = stripe.post("refunds", payment_intent=intent["id"])
        assert again.json()["error"]["code"] == "charge_already_refunded"

    def test_refunds_nothing_before_the_capture(self, stripe: FakeStripe) -> None:
        assert stripe.post("refunds", payment_intent=stripe.confirmed()["id"]).status_code == 400


class TestIdempotencyKey:
    def test_returns_the_same_response_and_takes_effect_once(self, stripe: FakeStripe) -> None:
        first = stripe.post("payment_intents", key="same", amount="700", currency="usd")
        second = stripe.post("payment_intents", key="same", amount="700", currency="usd")
        assert first.json() == second.json()
        assert second.headers["Idempotent-Replayed"] == "true"

    def test_rejects_another_body(self, stripe: FakeStripe) -> None:
        stripe.post("payment_intents", key="other", amount="700", currency="usd")
        answer = stripe.post("payment_intents", key="other", amount="701", currency="usd")
        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "idempotency_error"

    def test_repeats_a_decline(self, stripe: FakeStripe) -> None:
        intent = stripe.intent("tok_chargeDeclined")
        answers = [stripe.post(f"payment_intents/{intent['id']}/confirm", key="declined") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [402, 402]

    def test_is_free_again_after_a_request_that_never_ran(self, stripe: FakeStripe) -> None:
        refused = stripe.post("payment_intents", key="typo", amount="-1", currency="usd")
        assert refused.status_code == 400
        assert stripe.post("payment_intents", key="typo", amount="1", currency="usd").status_code == 200


class TestBooks:
    def test_are_kept_when_the_process_is_killed(self, stripe: FakeStripe) -> None:
        created = stripe.post(
            "payment_intents", key="kept", amount="9", currency="usd", capture_method="manual"
        ).json()
        paid = stripe.confirmed()
        stripe.kill()
        stripe.start()
        assert stripe.fetch(paid["id"])["status"] == "requires_capture"
        assert stripe.post(f"payment_intents/{paid['id']}/capture").json()["status"] == "succeeded"
        again = stripe.post(
            "payment_intents", key="kept", amount="9", currency="usd", capture_method="manual"
        )
        assert again.json() == created

    def test_stand_in_the_given_file_only(self, stripe: FakeStripe) -> None:
        stripe.intent()
        shared = Path("/tmp/localstripe.pickle")
        assert not shared.exists() or shared.stat().st_mtime < time.time() - 60


class TestWebhooks:
    def test_say_what_happened_under_a_valid_signature(self, stripe: FakeStripe, received: Endpoint) -> None:
        intent = stripe.confirmed()
        stripe.post(f"payment_intents/{intent['id']}/capture")
        stripe.post("refunds", payment_intent=intent["id"])
        wanted = {"payment_intent.amount_capturable_updated", "payment_intent.succeeded", "charge.refunded"}
        while wanted:
            signature, body = received.queue.get(timeout=10)
            event = json.loads(body)
            about = event["data"]["object"]
            if intent["id"] in (about["id"], about.get("payment_intent")):
                assert _is_valid(signature, body)
                wanted.discard(event["type"])


def _is_valid(signature: str, body: bytes) -> bool:
    parts = dict(part.split("=", 1) for part in signature.split(","))
    digest = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(digest, parts["v1"])


class TestHealth:
    def test_needs_no_key(self, stripe: FakeStripe) -> None:
        answer = httpx.get(f"http://127.0.0.1:{stripe.port}/_health", trust_env=False)
        assert answer.json()["status"] == "ok"

    def test_errors_are_json(self, stripe: FakeStripe) -> None:
        answer = stripe.http.get("/v1/no_such_thing")
        assert answer.status_code == 404
        assert answer.json()["error"]["type"] == "invalid_request_error"
