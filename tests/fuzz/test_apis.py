"""Generated requests for every operation of every API document: no server error, nothing undocumented."""

import contextlib
import os
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.running_stack import RunningStack, running_stack

PARTS = ("users", "tickets", "orders", "payments")
#: How many requests each operation gets, in each of two ways.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
PASSWORD = "correct horse battery staple"
#: Operations that would end the session of the other requests.
ENDS_THE_SESSION = frozenset({"signOut", "signOutEverywhere", "changePassword"})


@dataclass
class Account:
    """An account, and things of its own whose ids go into paths."""

    headers: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(broker=os.environ.get("STACK_BROKER", "embedded")) as stack:
        yield stack


@pytest.fixture
def account(stack: RunningStack) -> Account:
    with httpx.Client(base_url=stack.url, timeout=30) as client:
        seller, buyer = _sign_up(client), _sign_up(client)
        listing = {"title": "Front row", "price": "19.99"}
        own = client.post("/api/tickets", json=listing, headers=buyer).raise_for_status().json()
        other = client.post("/api/tickets", json=listing, headers=seller).raise_for_status().json()
        order = client.post("/api/orders", json={"ticketId": other["id"]}, headers=buyer).raise_for_status()
        return Account(headers=buyer, ids={"ticket_id": own["id"], "order_id": order.json()["id"]})


def _sign_up(client: httpx.Client) -> dict[str, str]:
    credentials = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
    client.post("/api/users/signup", json=credentials).raise_for_status()
    client.cookies.clear()
    pair = client.post("/api/users/token", json=credentials).raise_for_status().json()
    return {"Authorization": f"Bearer {pair['access']}"}


@pytest.mark.parametrize("part", PARTS)
class TestAnApi:
    def test_answers_strangers_as_documented(self, stack: RunningStack, part: str) -> None:
        answers = _call_every_operation(stack, part, Account())
        assert answers.total() > EXAMPLES

    def test_answers_the_signed_in_as_documented(
        self, stack: RunningStack, part: str, account: Account
    ) -> None:
        answers = _call_every_operation(stack, part, account)
        assert any(200 <= status < 300 for status in answers)


def _call_every_operation(stack: RunningStack, part: str, account: Account) -> Counter[int]:
    document = httpx.get(f"{stack.url}/api/{part}/openapi.json").raise_for_status().json()
    answers: Counter[int] = Counter()
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # an invalid one raises
        ends_it = operation.definition.raw["operationId"] in ENDS_THE_SESSION
        headers = {} if ends_it else account.headers
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _send(stack.url, operation.as_strategy(generation_mode=mode), headers, account.ids, answers)
    return answers


def _send(
    url: str, strategy: Any, headers: dict[str, str], ids: dict[str, str], answers: Counter[int]
) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send_all(case: Any) -> None:
        # Every other time the thing exists, and is one's own.
        if answers.total() % 2:
            case.path_parameters = {**case.path_parameters, **_known(case, ids)}
        response = case.call(base_url=url, headers=headers, timeout=30)
        answers[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    # Negated input there is only for what takes some.
    with contextlib.suppress(Unsatisfiable):
        send_all()


def _known(case: Any, ids: dict[str, str]) -> dict[str, str]:
    return {name: ids[name] for name in case.path_parameters if name in ids}
