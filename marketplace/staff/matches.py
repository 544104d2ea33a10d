"""What a service answers to the operators' search and to their first page, for its queries to return."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TypeVar
from uuid import UUID

#: How many matches a service returns.
MAX_MATCHES = 20

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Match:
    """Something found: `label` names it, `detail` is how it stands, `related` are other things' ids."""

    kind: str
    id: UUID
    label: str
    detail: str
    at: datetime
    related: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number of the day; `link` is the query of the list behind it. Of money there is the sum, too."""

    name: str
    label: str
    value: float
    link: str | None = None
    amount: Decimal | None = None
    currency: str | None = None


def id_in(text: str) -> UUID | None:
    """Return the id that a search's text is, None for another text."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def first_of(*found: Iterable[Row]) -> list[Row]:
    """Return the first rows of several searches, each row once; later searches run only where needed."""
    return list(islice(_each_once(found), MAX_MATCHES))


def _each_once(found: tuple[Iterable[Row], ...]) -> Iterator[Row]:
    seen: set[Row] = set()
    for rows in found:
        for row in rows:
            if row not in seen:
                seen.add(row)
                yield row
