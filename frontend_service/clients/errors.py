"""The APIs' errors: one class per way in which a page handles them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import httpx


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One reason for an error. `field` is the API's (camelCase) name, or empty for the whole form."""

    message: str
    field: str = ""
    code: str = ""


class ApiError(Exception):
    """An API answered with a problem (RFC 9457), or did not answer.

    `slug` is the end of the problem's type, `service` the API's name ("tickets"), `retry_after` seconds.
    """

    default_status: ClassVar[int] = 503

    def __init__(
        self,
        message: str = "",
        *,
        service: str = "",
        status: int | None = None,
        slug: str = "",
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.service = service
        self.status = status or self.default_status
        self.slug = slug
        self.errors = errors or (FieldError(message=message),)
        self.retry_after = retry_after


class BusinessRuleViolation(ApiError):
    """The input is invalid, or a business rule forbids it."""

    default_status = 400


class PaymentRefused(BusinessRuleViolation):
    """The card was declined; the message is the bank's own reason."""

    default_status = 402


class SignedOut(ApiError):
    """The visitor has to sign in."""

    default_status = 401


class Forbidden(ApiError):
    """It belongs to another user, or the account is suspended."""

    default_status = 403


class NotFound(ApiError):
    """There is nothing with this id."""

    default_status = 404


class RequestInProgress(ApiError):
    """The same form was sent before and is still being worked on."""

    default_status = 409


class PreconditionFailed(ApiError):
    """It was changed since it was read."""

    default_status = 412


class IdempotencyKeyReused(ApiError):
    """The same form was already sent, with other contents."""

    default_status = 422


class TooManyRequests(ApiError):
    """A rate limit was reached; `retry_after` is the time to wait."""

    default_status = 429


class Unavailable(ApiError):
    """A service is down, too slow, or sent an invalid response."""


_BY_STATUS: dict[int, type[ApiError]] = {
    kind.default_status: kind
    for kind in (
        PaymentRefused,
        SignedOut,
        Forbidden,
        NotFound,
        RequestInProgress,
        PreconditionFailed,
        IdempotencyKeyReused,
        TooManyRequests,
    )
}


def error_from(response: httpx.Response, *, service: str) -> ApiError:
    """The typed error for an unsuccessful response, whether or not its body is a problem document."""
    problem = _problem_in(response)
    fallback = BusinessRuleViolation if response.is_client_error else Unavailable
    kind = _BY_STATUS.get(response.status_code, fallback)
    errors = tuple(_field_errors(problem.get("errors")))
    message = str(problem.get("detail") or (errors[0].message if errors else ""))
    return kind(
        message,
        service=service,
        status=response.status_code if response.is_client_error else None,
        slug=str(problem.get("type", "")).rsplit("/", 1)[-1],
        errors=errors,
        retry_after=_seconds(response.headers.get("retry-after", "")),
    )


def _problem_in(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _field_errors(entries: object) -> list[FieldError]:
    if not isinstance(entries, list):
        return []
    return [
        FieldError(
            message=str(entry.get("message", "")),
            field=str(entry.get("field") or ""),
            code=str(entry.get("code") or ""),
        )
        for entry in entries
        if isinstance(entry, dict)
    ]


def _seconds(header: str) -> int | None:
    return int(header) if header.isascii() and header.isdigit() else None
