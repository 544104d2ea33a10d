"""Errors of the domain, by kind: base classes that operations and queries raise subclasses of.

An operation or query raises a subclass that is named after the error::

    class SeatAlreadyTaken(BusinessRuleViolation):
        \"\"\"Seat is already taken\"\"\"

The docstring's first line is the message, the class name makes the slug (`seat-already-taken`).
Nothing here depends on HTTP; `service_defaults.problems` maps each kind to a status. A service may derive a
kind of its own from `DomainError` and give it a status there.
"""

import inspect
import re
from typing import ClassVar

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class DomainError(Exception):
    """The request can't be done.

    `field` is the name of the input with the error, where there is one.
    """

    field: str | None = None

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        self.message = message or self._first_line()
        self.field = field or self.field
        super().__init__(self.message)

    @classmethod
    def slug(cls) -> str:
        """Return the stable, machine-readable name: `SeatAlreadyTaken` is `seat-already-taken`."""
        return _WORD_START.sub("-", cls.__name__).lower()

    @classmethod
    def _first_line(cls) -> str:
        lines = (inspect.getdoc(cls) or cls.__name__).strip().splitlines()
        return lines[0].removesuffix(".")


class BusinessRuleViolation(DomainError):
    """A rule of the domain forbids it."""


class NotSignedIn(DomainError):
    """Sign in first."""


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

    `retry_after` is the Retry-After header, in seconds.
    """

    retry_after: ClassVar[int] = 2
