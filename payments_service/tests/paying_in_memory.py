"""A process that pays with the provider of its settings, and prints what it recorded and imported.

`python -m payments_service.tests.paying_in_memory`: one order is captured and refunded, one voided.
"""

import json
import sys
from typing import Any

import django


def main() -> dict[str, Any]:
    """Pay for two orders; return the statuses recorded, and the modules about Stripe that were imported."""
    django.setup()
    from payments_service.tests.story import recorded

    pay_captured_and_refunded()
    pay_voided()
    imported = [name for name in sys.modules if name.split(".")[-1] == "stripe"]
    return {"recorded": recorded(), "imported": imported}


def pay_captured_and_refunded() -> None:
    """Pay, complete the order, and cancel it."""
    from payments_service.tests.story import run_commands

    order = pay()
    order.complete(order.payment())
    run_commands()
    order.cancel("operator")
    run_commands()


def pay_voided() -> None:
    """Pay, and cancel the order."""
    from payments_service.tests.story import run_commands

    pay().cancel()
    run_commands()


def pay() -> Any:
    """Pay for a new order by the API; return the order."""
    from rest_framework.test import APIClient

    from payments_service.tests.story import PlacedOrder
    from service_defaults.testing import token_for
    from shared_events.ids import uuid7

    order = PlacedOrder(uuid7())
    headers = {"Authorization": f"Bearer {token_for(order.buyer)}"}
    answer = APIClient().post("/api/payments", order.body("card_good"), headers=headers)
    assert answer.status_code == 201, answer.content
    return order


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
