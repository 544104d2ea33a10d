"""Doing something once per key, where one transaction makes the whole effect."""

from collections.abc import Callable

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import is_success

from service_defaults.idempotency.store import claim, complete, read_key, release, replay


def idempotent(request: Request, effect: Callable[[], Response]) -> Response:
    """Return what `effect` answers, run in a transaction, or the answer that its key already has.

    A request without the header is simply run. Two at once with one key: the second waits for the first.
    Raises IdempotencyKeyInvalid, IdempotencyKeyReused and what the effect raises, with nothing kept.
    """
    key = read_key(request)
    with transaction.atomic():
        if key is None:
            return effect()
        kept = claim(key)
        if kept.status:
            return replay(kept)
        answer = effect()
        if is_success(answer.status_code):
            complete(kept, answer)
        else:
            release(kept)
        return answer
