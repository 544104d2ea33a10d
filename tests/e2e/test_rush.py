"""Many buyers at once: one of them gets the ticket."""

import asyncio
from collections import Counter
from collections.abc import Callable

import httpx
import psycopg

from tests.load.client import Person
from tests.load.scenarios import Scenario
from tests.running_stack import RunningStack

BUYERS, TRIES, AT_ONCE = 10, 1000, 50


async def _all_at_once(url: str, tokens: list[str], ticket_id: str, tries: int) -> Counter[int]:
    limit = asyncio.Semaphore(AT_ONCE)

    async with httpx.AsyncClient(base_url=url, timeout=60) as client:

        async def buy(token: str) -> int:
            async with limit:
                headers = {"Authorization": f"Bearer {token}"}
                answer = await client.post("/api/orders", json={"ticketId": ticket_id}, headers=headers)
                return answer.status_code

        answers = await asyncio.gather(*(buy(tokens[number % len(tokens)]) for number in range(tries)))
    return Counter(answers)


def _tokens(person: Callable[[], Person], count: int) -> list[str]:
    people = [person() for _ in range(count)]
    for user in people:
        user._sign_in()
    return [str(user._token) for user in people]


def _live_orders(stack: RunningStack, ticket_id: str) -> int:
    with psycopg.connect(stack.database_url("orders")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM orders_order WHERE ticket_id = %s AND status <> 'cancelled'", [ticket_id]
        ).fetchone()
    assert row
    return int(row[0])


class TestARush:
    def test_of_two_buyers_has_one_winner(
        self, stack: RunningStack, scenario: Scenario, person: Callable[[], Person]
    ) -> None:
        ticket = scenario.ticket("Two want it")
        answers = asyncio.run(_all_at_once(stack.url, _tokens(person, 2), ticket["id"], 2))
        assert answers == {201: 1, 400: 1}

    def test_of_a_thousand_tries_leaves_exactly_one_order(
        self, stack: RunningStack, scenario: Scenario, person: Callable[[], Person]
    ) -> None:
        ticket = scenario.ticket("Everybody wants it")
        answers = asyncio.run(_all_at_once(stack.url, _tokens(person, BUYERS), ticket["id"], TRIES))
        assert answers == {201: 1, 400: TRIES - 1}
        assert _live_orders(stack, ticket["id"]) == 1
