"""The kinds of refusal a domain knows.

An operation or query raises a subclass whose name says why::

    class SeatAlreadyTaken(BusinessRuleViolation):
        \"\"\"Seat is already taken\"\"\"

The docstring's first line is the message, the class name makes the slug (`seat-already-taken`).
Nothing here knows HTTP; `service_defaults.problems` turns each kind into an answer.
"""

import inspect
import re
from typing import ClassVar

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class DomainError(Exception):
    """The request can't be done.

    `field` names the input it is about, where it is about one.
    """

    field: str | None = None

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        self.message = message or self._first_line()
        self.field = field or self.field
        super().__init__(self.message)

    @classmethod
    def slug(cls) -> str:
        """The stable, machine-readable name: `SeatAlreadyTaken` is `seat-already-taken`."""
        return _WORD_START.sub("-", cls.__name__).lower()

    @classmethod
    def _first_line(cls) -> str:
        lines = (inspect.getdoc(cls) or cls.__name__).strip().splitlines()
        return lines[0].removesuffix(".")


class BusinessRuleViolation(DomainError):
    """A rule of the domain forbids it."""


class NotSignedIn(DomainError):
    """Sign in first."""


class PaymentRefused(DomainError):
    """The payment was declined."""


class PermissionDenied(DomainError):
    """This is not yours to do."""


class NotFound(DomainError):
    """Not found."""


class RequestInProgress(DomainError):
    """The same request is still being worked on."""


class PreconditionFailed(DomainError):
    """It has changed since you read it."""


class IdempotencyKeyReused(DomainError):
    """This Idempotency-Key was used with another body."""


class Unavailable(DomainError):
    """A part of the service is down. Please try again.

    `retry_after` is the advice to the caller, in seconds.
    """

    retry_after: ClassVar[int] = 2
