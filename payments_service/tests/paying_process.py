"""A process that pays as a buyer's request or a worker's command does, and stops at a call of Stripe.

`python -m payments_service.tests.paying_process '<json>'`: it prints "here" where it stops, and goes on when
it is sent a line; at its end it prints the status of its answer.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import django


def main(plan: dict[str, Any]) -> None:
    """Stop at the plan's `call` and `moment`, in a request with a `body` or a command for a `payment`."""
    django.setup()
    from payments_service.payments import paying
    from payments_service.providers.stripe import Stripe

    method = f"{plan['call']}_intent"
    setattr(Stripe, method, _stopped_at(getattr(Stripe, method), plan["moment"]))
    if "payment" in plan:
        paying.settle_payment(plan["payment"])
        _say("done")
    else:
        _say(_pay(plan))


def _pay(plan: dict[str, Any]) -> int:
    from rest_framework.test import APIClient

    answer = APIClient().post(plan["path"], plan["body"], headers=plan["headers"])
    return int(answer.status_code)


def _stopped_at(call: Callable[..., Any], moment: str) -> Callable[..., Any]:
    def stop(*given: Any, **named: Any) -> Any:
        answer = call(*given, **named) if moment == "after" else None
        _say("here")
        sys.stdin.readline()
        return answer or call(*given, **named)

    return stop


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
