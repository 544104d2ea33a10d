"""Run a request's effect once per idempotency key, where one transaction makes the whole effect."""

from collections.abc import Callable

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import is_success

from service_defaults.idempotency.store import claim, complete, read_key, release, replay


def idempotent(request: Request, effect: Callable[[], Response]) -> Response:
    """Return the response of `effect`, run in a transaction, or the one that is stored under its key.

    Without the header the effect is run each time. Of two requests with one key, the second waits.
    Raises IdempotencyKeyInvalid, IdempotencyKeyReused and what the effect raises, with nothing stored.
    """
    key = read_key(request)
    with transaction.atomic():
        if key is None:
            return effect()
        record = claim(key)
        if record.status:
            return replay(record)
        response = effect()
        if is_success(response.status_code):
            complete(record, response)
        else:
            release(record)
        return response
