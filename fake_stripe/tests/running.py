"""A running fake Stripe, and an endpoint that receives its webhooks."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx

SECRET = "whsec_test"


class FakeStripe:
    """A process and a client for it."""

    def __init__(self, store: Path, webhook_url: str) -> None:
        self.port = _free_port()
        self._store = store
        self._webhook_url = webhook_url
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", auth=("sk_test_12345", ""), trust_env=False
        )
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "fake_stripe", "--port", str(self.port)]
        command += [
            "--store",
            str(self._store),
            "--webhook-url",
            self._webhook_url,
            "--webhook-secret",
            SECRET,
        ]
        self._process = subprocess.Popen(command)
        wait_until(self._is_up)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _is_up(self) -> bool:
        try:
            return self.http.get("/_health").status_code == 200
        except httpx.TransportError:
            return False

    def post(self, path: str, *, key: str | None = None, **data: str) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post(f"/v1/{path}", data=data, headers=headers)

    def intent(self, card: str = "pm_card_visa") -> dict[str, Any]:
        created = self.post(
            "payment_intents", amount="1999", currency="usd", capture_method="manual", payment_method=card
        )
        assert created.status_code == 200, created.text
        return created.json()  # type: ignore[no-any-return]

    def confirmed(self, card: str = "pm_card_visa") -> dict[str, Any]:
        return self.post(f"payment_intents/{self.intent(card)['id']}/confirm").json()  # type: ignore[no-any-return]

    def fetch(self, id: str) -> dict[str, Any]:
        return self.http.get(f"/v1/payment_intents/{id}").json()  # type: ignore[no-any-return]


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition wasn't met in time"
        time.sleep(0.05)


class Endpoint:
    """Receives webhooks; `queue` holds them as (signature, body)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.queue: Queue[tuple[str, bytes]] = Queue()

    def next_event_of(self, intent_id: str) -> dict[str, Any]:
        """Return the next event of an intent; events of earlier tests are skipped."""
        while True:
            event: dict[str, Any] = json.loads(self.queue.get(timeout=10)[1])
            if event["data"]["object"]["id"] == intent_id:
                return event


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Run an endpoint that accepts every event."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.queue.put((self.headers["Stripe-Signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    received = Endpoint(f"http://127.0.0.1:{server.server_port}/hook")
    Thread(target=server.serve_forever, daemon=True).start()
    yield received
    server.shutdown()
    server.server_close()
