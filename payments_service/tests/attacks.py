"""What the tests of attacks share: payments driven to their end, and what became of the money."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from rest_framework.test import APIClient

from payments_service.payments.models import LedgerEntry
from payments_service.tests.fake_stripe import FakeStripe
from payments_service.tests.lost_answers import LossyLine
from payments_service.tests.story import (
    PlacedOrder,
    let_time_pass,
    run_commands,
    sweep,
)
from service_defaults.testing import token_for


def complete_by_losing_answers(order: PlacedOrder, line: LossyLine, *, refunded: bool) -> None:
    """Complete the order, and cancel it where it is to be refunded; then Stripe's answers arrive again."""
    order.complete(order.payment())
    settle_for_good()
    if refunded:
        order.cancel("operator")
        settle_for_good()
    line.broken = False
    settle_for_good()
    assert line.lost > 0


def settle_for_good() -> None:
    """Run all commands and sweeps, until every payment waits for another party or is settled."""
    run_commands()
    for _ in range(3):
        let_time_pass()
        sweep()


def money_of(order: PlacedOrder, provider: FakeStripe) -> tuple[int, int]:
    """Return what Stripe reserves and what it has taken for an order, refunds deducted, in cents."""
    held = taken = 0
    for intent in provider.intents_of(order.id):
        held += intent["amount_capturable"]
        refunded = intent["latest_charge"]["amount_refunded"] if intent["amount_received"] else 0
        taken += intent["amount_received"] - refunded
    return held, taken


def ledger_of(order: PlacedOrder) -> tuple[int, int]:
    entries = LedgerEntry.objects.filter(payment__order=order.id)
    return sum(int(each.held * 100) for each in entries), sum(int(each.taken * 100) for each in entries)


def at_once(order: PlacedOrder, bodies: list[dict[str, str]], headers: dict[str, str]) -> list[int]:
    """Send requests at once; return the statuses of their answers."""
    signed_in = {"Authorization": f"Bearer {token_for(order.buyer)}", **headers}

    def pay(body: dict[str, str]) -> int:
        try:
            return APIClient().post("/api/payments", body, headers=signed_in).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(pay, bodies))
