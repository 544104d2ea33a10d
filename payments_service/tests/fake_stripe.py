"""The fake Stripe as the tests use it: started as a process, and read over HTTP."""

import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import requests


class FakeStripe:
    """One process, and what a buyer's browser and Stripe's dashboard do there."""

    def __init__(self, store: Path) -> None:
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.auth = ("sk_test_12345", "")
        # Its webhooks go nowhere: the tests send their own.
        webhook = ("--webhook-url", "http://127.0.0.1:9/", "--webhook-secret", "whsec_unused")
        command = (
            sys.executable,
            "-m",
            "fake_stripe",
            "--port",
            str(port),
            "--store",
            str(store),
        )
        self._process = subprocess.Popen((*command, *webhook))
        self._await_health()

    def stop(self) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait()

    def intent(self, intent_id: str | None) -> dict[str, Any]:
        return self._answer(self._http.get(f"{self.address}/v1/payment_intents/{intent_id}"))

    def state(self, intent_id: str | None) -> str:
        return self.intent(intent_id)["status"]  # type: ignore[no-any-return]

    def intents_of(self, order_id: object) -> list[dict[str, Any]]:
        """Return every intent that was ever made for an order."""
        answer = self._http.get(f"{self.address}/v1/payment_intents", params={"limit": 100_000})
        return [
            intent
            for intent in self._answer(answer)["data"]
            if intent["metadata"].get("order_id") == str(order_id)
        ]

    def held_or_taken(self, order_id: object) -> int:
        """Return for how many of an order's intents the provider has reserved or taken money."""
        return sum(
            intent["status"] in ("requires_capture", "succeeded") for intent in self.intents_of(order_id)
        )

    def authenticate(self, intent_id: str | None, client_secret: str, *, success: bool = True) -> None:
        """Answer the provider's challenge, as the buyer's browser does."""
        self._post(
            f"payment_intents/{intent_id}/_authenticate",
            client_secret=client_secret,
            success=str(success).lower(),
        )

    def answer_on_page(self, page: str, answer: str) -> str:
        """Answer the provider's challenge on its own page, without a key; return where it leads."""
        with requests.Session() as browser:
            browser.trust_env = False
            left = browser.post(page, data={"answer": answer}, allow_redirects=False)
        assert left.status_code == requests.codes.see_other, left.text
        return left.headers["Location"]

    def confirm(self, intent_id: str | None, card: str) -> requests.Response:
        """Confirm with a card, as Stripe's script on a page does."""
        return self._http.post(
            f"{self.address}/v1/payment_intents/{intent_id}/confirm", data={"payment_method": card}
        )

    def cancel(self, intent_id: str | None) -> None:
        self._post(f"payment_intents/{intent_id}/cancel")

    def capture(self, intent_id: str | None) -> None:
        self._post(f"payment_intents/{intent_id}/capture")

    def delete_everything(self) -> None:
        """Delete every intent."""
        assert self._http.delete(f"{self.address}/_config/data").ok

    def refund(self, intent_id: str | None, **part: str) -> None:
        self._post("refunds", payment_intent=str(intent_id), **part)

    def _post(self, path: str, **data: str) -> None:
        self._answer(self._http.post(f"{self.address}/v1/{path}", data=data))

    def _answer(self, response: requests.Response) -> dict[str, Any]:
        assert response.ok, response.text
        return response.json()  # type: ignore[no-any-return]

    def _await_health(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end and self._process.poll() is None:
            try:
                if self._http.get(f"{self.address}/_health", timeout=1).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("the fake Stripe did not start")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
