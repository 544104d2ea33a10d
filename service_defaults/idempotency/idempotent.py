"""Run a request's effect once per idempotency key, in one transaction or in several."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import is_success

from service_defaults.errors import DomainError
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.idempotency.store import (
    IdempotencyKeyInFlight,
    Key,
    claim,
    complete,
    find,
    read_key,
    release,
    replay,
    set_response,
)

Result = TypeVar("Result")


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
        if not record.is_in_flight:
            return replay(record)
        response = effect()
        if is_success(response.status_code):
            complete(record, response)
        else:
            release(record)
        return response


class Process(Protocol[Result]):
    """An effect of several transactions.

    The first one claims the key (`claim_new`) and writes a row by which the process is found again. The one
    that writes the result completes the key (`complete`) or releases it (`release`), in any process.
    """

    def run(self, key: Key | None) -> Result:
        """Run it, with the request's key if there is one."""

    def resume(self, record: IdempotencyRecord) -> None:
        """Bring the process that claimed the key to its end, unless it is still at work."""

    def get_result(self, record: IdempotencyRecord) -> Result:
        """Return the result of the process that completed the key."""

    def is_complete(self, result: Result) -> bool:
        """Whether `run` returned the final result. Otherwise a later run completes the process."""


def idempotent_process(
    request: Request, process: Process[Result], respond: Callable[[Result], Response]
) -> Response:
    """Return the response to the process's result, or the one that is stored under its key.

    Without the header the process is run each time. Raises IdempotencyKeyInvalid, IdempotencyKeyReused,
    IdempotencyKeyInFlight while another request with the key is at work, and what the process raises.
    """
    key = read_key(request)
    if key is None:
        return respond(process.run(None))
    record = _find_resumed(key, process)
    if record is None:
        try:
            return _run(key, process, respond)
        except DomainError:
            # Of two requests with the key at once, the other one may have completed it meanwhile.
            record = _find_completed(key)
            if record is None:
                raise
    if record.body is None:
        _set_response(key, respond(process.get_result(record)))
        record.refresh_from_db()
    return replay(record)


def _run(key: Key, process: Process[Result], respond: Callable[[Result], Response]) -> Response:
    result = process.run(key)
    response = respond(result)
    if process.is_complete(result) and is_success(response.status_code):
        _set_response(key, response)
    return response


def _find_resumed(key: Key, process: Process[Result]) -> IdempotencyRecord | None:
    record = find(key)
    if record is not None and record.is_in_flight:
        process.resume(record)
    return _find_completed(key)


def _find_completed(key: Key) -> IdempotencyRecord | None:
    record = find(key)
    if record is not None and record.is_in_flight:
        raise IdempotencyKeyInFlight
    return record


def _set_response(key: Key, response: Response) -> None:
    with transaction.atomic():
        set_response(key, response)
