"""A process that dies during a call of Stripe delays no other; one that lives is never overtaken."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from rest_framework.test import APIClient

from payments_service.payments import paying
from payments_service.payments.models import Payment, lease_locks
from payments_service.tests.child_environment import environment
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.story import PlacedOrder, recorded, run_commands, sweep
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.testing import token_for

pytestmark = pytest.mark.django_db(transaction=True)

PAYMENTS, INTENTS = "/api/payments", "/api/payments/intents"
KEY = {"Idempotency-Key": "one-click"}
#: Within this many seconds a retry must be answered: the lease lasts thirty.
AT_ONCE = 10.0
#: Where a request can be stopped: before and after each call.
STOPS = [("create", "before"), ("create", "after"), ("confirm", "before"), ("confirm", "after")]


class PayingProcess:
    """A process that stops at a call of Stripe."""

    def __init__(self, **plan: Any) -> None:
        variables = environment(STRIPE_API_BASE=settings.STRIPE_API_BASE)
        self._process = subprocess.Popen(
            (sys.executable, "-m", "payments_service.tests.paying_process", json.dumps(plan)),
            env=variables, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._line() == "here"

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.wait()

    def go_on(self) -> str:
        """Let it go on to its end; return what it was answered."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line()

    def close(self) -> None:
        self.kill()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@pytest.fixture
def stop_at(provider: FakeStripe) -> Iterator[Callable[..., PayingProcess]]:
    """`stop_at(order, call, moment, headers=…)`: a stopped request, or a `payment`'s stopped command."""
    processes: list[PayingProcess] = []

    def start(order: PlacedOrder, call: str, moment: str, **plan: Any) -> PayingProcess:
        headers = {"Authorization": f"Bearer {token_for(order.buyer)}"} | plan.pop("headers", {})
        request = {"path": PAYMENTS, "body": order.body(), "headers": headers}
        processes.append(PayingProcess(call=call, moment=moment, **(request | plan)))
        return processes[-1]

    yield start
    for process in processes:
        process.close()


@dataclass
class StoppedRequest:
    """A request to pay an order, stopped at a call of Stripe."""

    order: PlacedOrder
    process: PayingProcess
    headers: dict[str, str]
    client: APIClient

    def repeat(self) -> Any:
        """Send the same request once more; return its answer."""
        return self.client.post(PAYMENTS, self.order.body(), headers=self.headers)


@pytest.fixture(params=[({}, "without a key"), (KEY, "with its key")], ids=lambda param: param[1])
def headers(request: pytest.FixtureRequest) -> dict[str, str]:
    """The request's headers."""
    given: dict[str, str] = request.param[0]
    return given


@pytest.fixture(params=STOPS, ids="-".join)
def stopped(
    request: pytest.FixtureRequest,
    shop: APIClient,
    buyer: UUID,
    stop_at: Callable[..., PayingProcess],
    headers: dict[str, str],
) -> StoppedRequest:
    """A request that is stopped, at each of the stops, without a key and with one."""
    order = PlacedOrder(buyer)
    process = stop_at(order, *request.param, headers=headers)
    return StoppedRequest(order, process, headers, shop)


@contextmanager
def at_once() -> Iterator[None]:
    """Check that what is done inside waits for no lease."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < AT_ONCE


class TestARetryAfterItsRequestWasKilled:
    def test_pays_at_once_and_only_once(self, provider: FakeStripe, stopped: StoppedRequest) -> None:
        order = stopped.order
        stopped.process.kill()
        with at_once():
            answer = stopped.repeat()
        assert (answer.status_code, answer.json()["status"]) == (201, "authorized")
        assert provider.held_or_taken(order.id) == 1
        run_commands()
        assert provider.held_or_taken(order.id) == 1
        again = stopped.repeat()
        assert (again.status_code, provider.held_or_taken(order.id)) == (201 if stopped.headers else 400, 1)

    def test_may_use_another_card_and_another_key(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, stop_at: Callable[..., PayingProcess]
    ) -> None:
        order = PlacedOrder(buyer)
        stop_at(order, "confirm", "before", headers=KEY).kill()
        with at_once():
            answer = shop.post(PAYMENTS, order.body("tok_mastercard"), headers={"Idempotency-Key": "another"})
        assert (answer.status_code, answer.json()["status"]) == (201, "authorized")
        assert provider.held_or_taken(order.id) == 1

    def test_keeps_no_money_for_a_hold_that_lapsed_meanwhile(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, stop_at: Callable[..., PayingProcess]
    ) -> None:
        order = PlacedOrder(buyer)
        stop_at(order, "confirm", "after", headers=KEY).kill()
        order.cancel("expired")
        with at_once():
            answer = shop.post(PAYMENTS, order.body(), headers=KEY)
        assert (answer.status_code, provider.held_or_taken(order.id)) == (400, 0)
        assert not IdempotencyRecord.objects.exists()

    def test_opens_an_intent_in_the_browser_too(
        self,
        shop: APIClient,
        provider: FakeStripe,
        buyer: UUID,
        stop_at: Callable[..., PayingProcess],
        headers: dict[str, str],
    ) -> None:
        order = PlacedOrder(buyer)
        body = {"orderId": str(order.id)}
        stop_at(order, "create", "after", path=INTENTS, body=body, headers=headers).kill()
        with at_once():
            answer = shop.post(INTENTS, body, headers=headers)
        assert answer.status_code == 201
        assert answer.json()["clientSecret"] == provider.intent(order.payment().intent_id)["client_secret"]


class TestWithoutARetry:
    """The sweep runs every two seconds, and doesn't wait for the lease of a dead process either."""

    @pytest.mark.parametrize(("call", "status"), [("create", "voided"), ("confirm", "authorized")])
    def test_a_killed_request_s_payment_comes_to_its_end_with_the_next_sweep(
        self,
        provider: FakeStripe,
        buyer: UUID,
        stop_at: Callable[..., PayingProcess],
        call: str,
        status: str,
    ) -> None:
        order = PlacedOrder(buyer)
        stop_at(order, call, "after").kill()
        sweep()
        assert order.payment().status == status
        assert provider.held_or_taken(order.id) == (status == "authorized")

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_a_killed_worker_s_command_is_done_by_the_next_one(
        self,
        shop: APIClient,
        provider: FakeStripe,
        buyer: UUID,
        stop_at: Callable[..., PayingProcess],
        moment: str,
    ) -> None:
        order = PlacedOrder(buyer)
        shop.post(PAYMENTS, order.body())
        order.complete(order.payment())
        stop_at(order, "capture", moment, payment=str(order.payment().id)).kill()
        paying.settle_payment(order.payment().id)
        assert (order.payment().status, order.payment().due_at) == ("captured", None)

    def test_one_that_fails_by_an_error_leaves_no_lock(
        self, shop: APIClient, provider: FakeStripe, buyer: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = PlacedOrder(buyer)
        with monkeypatch.context() as broken:
            broken.setattr(paying, "_call_provider", None)
            with pytest.raises(TypeError):
                shop.post(PAYMENTS, order.body())
        with at_once():
            assert shop.post(PAYMENTS, order.body()).status_code == 201
        assert provider.held_or_taken(order.id) == 1


class TestAHolderThatLives:
    def test_is_not_overtaken(
        self, provider: FakeStripe, stopped: StoppedRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paying, "MAX_WAIT", 0.1)
        order = stopped.order
        answer = stopped.repeat()
        code = "idempotency-key-in-flight" if stopped.headers else "payment-in-progress"
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, code)
        paying.settle_payment(order.payment().id)
        sweep()
        assert (order.payment().status, stopped.process.go_on()) == ("started", "201")
        assert recorded() == ["started", "authorized"]
        assert len(provider.intents_of(order.id)) == 1

    def test_bleeds_when_its_lock_is_ignored(
        self,
        shop: APIClient,
        provider: FakeStripe,
        buyer: UUID,
        stop_at: Callable[..., PayingProcess],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        order = PlacedOrder(buyer)
        first = stop_at(order, "create", "after")
        monkeypatch.setattr(lease_locks, "_locked_keys", set)
        assert shop.post(PAYMENTS, order.body()).status_code == 201
        assert first.go_on() == "409"


class TestAHolderWhoseConnectionIsCut:
    """Its lease is taken over while it is at Stripe: what it writes afterwards must change nothing."""

    def test_writes_nothing_any_more(self, provider: FakeStripe, stopped: StoppedRequest) -> None:
        cut_connections()
        assert stopped.repeat().status_code == 201
        payments, events = list(Payment.objects.order_by("id").values()), recorded()
        stopped.process.go_on()
        assert list(Payment.objects.order_by("id").values()) == payments
        assert recorded() == events
        run_commands()
        assert provider.held_or_taken(stopped.order.id) == 1


def cut_connections() -> None:
    """End every session of this database but our own, and wait until they are gone."""
    others = """
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(pg_terminate_backend(pid)) {others}")
        assert cursor.fetchone() == (1,)
        while True:
            cursor.execute(f"SELECT count(*) {others}")
            if cursor.fetchone() == (0,):
                return
