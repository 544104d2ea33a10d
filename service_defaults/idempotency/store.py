"""Store responses under their idempotency keys, and find, claim, complete and release keys."""

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
#: The header for `extend_schema(parameters=…)` of a route that accepts it.
IN_OPENAPI = OpenApiParameter(
    name=HEADER,
    location=OpenApiParameter.HEADER,
    description="Repeated with the same key within 24 hours, the request takes effect once.",
)
RETENTION = timedelta(hours=24)
MAX_KEY_LENGTH = 255
CREATED = 201


class IdempotencyKeyInvalid(BusinessRuleViolation):
    """Idempotency-Key must be 1 to 255 printable ASCII characters."""


class IdempotencyKeyInFlight(RequestInProgress):
    """A request with this Idempotency-Key is still being worked on."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A request's key, of one user on one route; `fingerprint` is of the request's body."""

    user_id: UUID
    route: str
    key: str
    fingerprint: str

    @property
    def identity(self) -> dict[str, Any]:
        """Return the fields that identify the key."""
        return {"user_id": self.user_id, "route": self.route, "key": self.key}


def read_key(request: Request) -> Key | None:
    """Return the request's key, None without the header. Raises IdempotencyKeyInvalid."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyInvalid
    body = json.dumps(request.data, sort_keys=True).encode()
    fingerprint = hashlib.sha256(body).hexdigest()
    return Key(user_id=principal(request).id, route=request.path, key=key, fingerprint=fingerprint)


def find(key: Key) -> IdempotencyRecord | None:
    """Return the key's record, None for a free key. Raises IdempotencyKeyReused."""
    record = IdempotencyRecord.objects.filter(**key.identity).first()
    return record and _with_same_body(record, key)


def claim(key: Key) -> IdempotencyRecord:
    """Return the key's record, locked: a new one, which is in flight, or the completed one.

    Needs a transaction; waits for the end of another one that has claimed the key. Raises
    IdempotencyKeyReused; IdempotencyKeyInFlight for one that was claimed before and isn't completed.
    """
    record, is_new = _get_or_create(key)
    if not is_new and _with_same_body(record, key).is_in_flight:
        raise IdempotencyKeyInFlight
    return record


def claim_new(key: Key | None) -> IdempotencyRecord | None:
    """Claim the key of a process that begins, None without a key. Needs a transaction.

    Raises IdempotencyKeyReused, and IdempotencyKeyInFlight for any key that has a record.
    """
    record = claim(key) if key else None
    if record is not None and not record.is_in_flight:
        # The same request was completed a moment ago: `idempotent_process` replays its response.
        raise IdempotencyKeyInFlight
    return record


def complete(record: IdempotencyRecord, response: Response | None = None) -> None:
    """Store a success under a claimed key; without a `response` its status (201): see `set_response`."""
    record.status = response.status_code if response else CREATED
    if response:
        record.body, record.etag = _plain(response.data), response.get("ETag", "")
    record.save()


def set_response(key: Key, response: Response) -> None:
    """Store the response of a completed process, unless the key has one. Needs a transaction."""
    record, _ = _get_or_create(key)
    if record.body is None:
        complete(record, response)


def release(record: IdempotencyRecord) -> None:
    """Delete a claimed key: the next request with it is a new one, whatever its body."""
    record.delete()


def replay(record: IdempotencyRecord) -> Response:
    """Return a stored response, marked as replayed."""
    headers = {"Idempotent-Replayed": "true"} | ({"ETag": record.etag} if record.etag else {})
    return Response(record.body, status=record.status, headers=headers)


def purge_old_records() -> int:
    """Delete what was stored more than 24 hours ago; return how many. A sweep of each service calls this."""
    deleted, _ = IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()
    return deleted


def _get_or_create(key: Key) -> tuple[IdempotencyRecord, bool]:
    return IdempotencyRecord.objects.select_for_update().get_or_create(
        **key.identity, defaults={"fingerprint": key.fingerprint}
    )


def _with_same_body(record: IdempotencyRecord, key: Key) -> IdempotencyRecord:
    if record.fingerprint != key.fingerprint:
        raise IdempotencyKeyReused
    return record


def _plain(data: object) -> object:
    return json.loads(json.dumps(data, cls=JSONEncoder))
