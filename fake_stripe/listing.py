"""Corrects localstripe's list of payment intents: amounts, newest first, filter by creation time."""
# ruff: noqa: SLF001 - localstripe has no public way to any of this

import operator
from typing import Any

from localstripe import resources
from localstripe.errors import UserError
from localstripe.resources import PaymentIntent

_BOUNDS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def correct() -> None:
    """Replace the list, and add the amounts."""
    PaymentIntent._api_list_all = classmethod(_list)
    PaymentIntent.amount_capturable = property(_amount_capturable)
    PaymentIntent.amount_received = property(_amount_received)


def _list(cls: Any, /, url: str, created: Any = None, **page: Any) -> Any:
    answer = resources.StripeObject._api_list_all.__func__(cls, url, **page)
    bounds = _bounds(created)
    answer._list = [
        intent for intent in reversed(answer._list) if all(is_in(intent.created) for is_in in bounds)
    ]
    return answer


def _bounds(created: Any) -> list[Any]:
    try:
        return [
            lambda made, compare=_BOUNDS[name], bound=int(text): compare(made, bound)
            for name, text in (created or {}).items()
        ]
    except (AttributeError, KeyError, ValueError):
        raise UserError(400, f"Invalid created: {created}") from None


def _amount_capturable(intent: Any) -> int:
    return intent.amount if intent.status == "requires_capture" else 0


def _amount_received(intent: Any) -> int:
    return intent.amount if intent.status == "succeeded" else 0
