"""The answers kept under their keys: what whoever honours the header does with them.

A key is *claimed* in the transaction that makes the effect, or begins it, and *completed* with the success in
the transaction that has it. Anything else *releases* it. A claim that was committed without an answer is in
flight: `once` never leaves one, an effect that takes several transactions does.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from service_defaults.authentication import principal
from service_defaults.errors import BusinessRuleViolation, IdempotencyKeyReused, RequestInProgress
from service_defaults.idempotency.models import IdempotencyRecord

HEADER = "Idempotency-Key"
#: The header for `extend_schema(parameters=…)` of a route that honours it.
IN_OPENAPI = OpenApiParameter(
    name=HEADER,
    location=OpenApiParameter.HEADER,
    description="Repeated with the same key within 24 hours, the request takes effect once.",
)
RETENTION = timedelta(hours=24)
LONGEST_KEY = 255
CREATED = 201


class IdempotencyKeyInvalid(BusinessRuleViolation):
    """Idempotency-Key must be 1 to 255 printable ASCII characters."""


class IdempotencyKeyInFlight(RequestInProgress):
    """A request with this Idempotency-Key is still being worked on."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A request's key: it counts for one user on one route; `fingerprint` is of the body it came with."""

    user_id: UUID
    route: str
    key: str
    fingerprint: str

    @property
    def identity(self) -> dict[str, Any]:
        """What makes it one key."""
        return {"user_id": self.user_id, "route": self.route, "key": self.key}


def read_key(request: Request) -> Key | None:
    """Return the request's key, None without the header. Raises IdempotencyKeyInvalid."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyInvalid
    body = json.dumps(request.data, sort_keys=True).encode()
    fingerprint = hashlib.sha256(body).hexdigest()
    return Key(user_id=principal(request).id, route=request.path, key=key, fingerprint=fingerprint)


def find(key: Key) -> IdempotencyRecord | None:
    """Return the answer that the key has, None for a free one.

    Raises IdempotencyKeyReused, IdempotencyKeyInFlight.
    """
    kept = IdempotencyRecord.objects.filter(**key.identity).first()
    return None if kept is None else _answered(kept, key)


def claim(key: Key) -> IdempotencyRecord:
    """Return the key's row, locked: a new one without a status, or the answer that it already has.

    Needs a transaction; while another one that claims the key is open, this waits for its end. Raises
    IdempotencyKeyReused, IdempotencyKeyInFlight.
    """
    kept, is_new = IdempotencyRecord.objects.select_for_update().get_or_create(
        **key.identity, defaults={"fingerprint": key.fingerprint}
    )
    return kept if is_new else _answered(kept, key)


def complete(kept: IdempotencyRecord, answer: Response | None = None) -> None:
    """Keep a success under a claimed key; without an `answer`, only that it was one (201): see `fill_in`."""
    kept.status = answer.status_code if answer else CREATED
    if answer:
        kept.body, kept.etag = _plain(answer.data), answer.get("ETag", "")
    kept.save()


def fill_in(key: Key, answer: Response) -> None:
    """Keep a success whose effect is already written, unless the key has an answer. Needs a transaction."""
    kept, _ = IdempotencyRecord.objects.select_for_update().get_or_create(
        **key.identity, defaults={"fingerprint": key.fingerprint}
    )
    if kept.body is None:
        complete(kept, answer)


def release(kept: IdempotencyRecord) -> None:
    """Let a claimed key go: the next request with it is a new one, whatever its body."""
    kept.delete()


def replay(kept: IdempotencyRecord) -> Response:
    """Return a kept answer once more, and say so."""
    headers = {"Idempotent-Replayed": "true"} | ({"ETag": kept.etag} if kept.etag else {})
    return Response(kept.body, status=kept.status, headers=headers)


def purge_old_records() -> int:
    """Delete what was kept for longer than 24 hours; return how many. A sweep of each service calls this."""
    deleted, _ = IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()
    return deleted


def _answered(kept: IdempotencyRecord, key: Key) -> IdempotencyRecord:
    if kept.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused
    if not kept.status:
        raise IdempotencyKeyInFlight
    return kept


def _plain(data: object) -> object:
    return json.loads(json.dumps(data, cls=JSONEncoder))
