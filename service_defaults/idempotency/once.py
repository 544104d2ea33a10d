"""Doing something once per key."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from service_defaults.authentication import principal
from service_defaults.errors import Contradicts, Refused
from service_defaults.idempotency.models import KeptAnswer

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255


class IdempotencyKeyInvalid(Refused):
    """Idempotency-Key must be 1 to 255 printable ASCII characters."""


class IdempotencyKeyReused(Contradicts):
    """This Idempotency-Key was used with another body."""


def once(request: Request, effect: Callable[[], Response]) -> Response:
    """Return what `effect` answers, run in a transaction, or the answer that its key already has.

    A request without the header is simply run. Two at once with one key: the second waits for the first.
    Raises IdempotencyKeyInvalid, IdempotencyKeyReused and what the effect raises, with nothing kept.
    """
    key = request.headers.get(HEADER)
    with transaction.atomic():
        if key is None:
            return effect()
        kept = _claim(request, _valid(key))
        if kept.status:
            return _replay(kept, request)
        answer = effect()
        kept.status, kept.body, kept.etag = answer.status_code, _plain(answer.data), answer.get("ETag", "")
        kept.save()
        return answer


def forget_old_answers() -> int:
    """Delete what was kept for longer than 24 hours; return how many. A sweep of each service calls this."""
    deleted, _ = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted


def _claim(request: Request, key: str) -> KeptAnswer:
    # The unique index makes a second request wait here until the first has committed or rolled back.
    claim = KeptAnswer(
        user_id=principal(request).id, route=request.path, key=key, fingerprint=_fingerprint(request)
    )
    KeptAnswer.objects.bulk_create([claim], ignore_conflicts=True)
    return KeptAnswer.objects.select_for_update().get(user_id=claim.user_id, route=claim.route, key=key)


def _replay(kept: KeptAnswer, request: Request) -> Response:
    if kept.fingerprint != _fingerprint(request):
        raise IdempotencyKeyReused
    headers = {"Idempotent-Replayed": "true"} | ({"ETag": kept.etag} if kept.etag else {})
    return Response(kept.body, status=kept.status, headers=headers)


def _valid(key: str) -> str:
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyInvalid
    return key


def _fingerprint(request: Request) -> str:
    return hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).hexdigest()


def _plain(data: object) -> object:
    return json.loads(json.dumps(data, cls=JSONEncoder))
