"""The start page of a service's admin: sections of numbers and short lists, each registered by a function.

    @dashboard.section(order=1)
    def notes(request: HttpRequest) -> Section:
        figure = Figure(label="Drafts", value=3, url=list_url(Note, state="draft"))
        return Section(title="Notes", figures=(figure,))

The functions run at each view of the page, lowest `order` first, so their queries must be cheap.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

#: How many rows a table of the start page has at most.
SHOWN_ROWS = 5

#: `bad`: somebody must act. `warn`: look at it. `good`: as it should be.
Tone = Literal["", "good", "warn", "bad"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number, and the list of what it counts."""

    label: str
    value: int | str
    url: str
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A few rows that matter now, and the list that has all of them. A row has a cell per column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    url: str

    def cells(self) -> list[list[tuple[str, Any]]]:
        """Return each row's cells with their columns' names."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, kw_only=True)
class Section:
    """Numbers and lists under one heading. A table without rows isn't shown."""

    title: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()


BuildSection = Callable[[HttpRequest], Section]
_builders: list[tuple[int, BuildSection]] = []


def section(*, order: int) -> Callable[[BuildSection], BuildSection]:
    """Register a function that returns a section of the start page."""

    def register(build: BuildSection) -> BuildSection:
        _builders.append((order, build))
        return build

    return register


def read(request: HttpRequest) -> list[Section]:
    """Return the sections as they are now. Raises what their queries raise."""
    return [build(request) for _, build in sorted(_builders, key=lambda entry: entry[0])]


def list_url(model: type[Model], **filters: object) -> str:
    """Return the page of a model's list with these filters, by their parameters' names."""
    options = model._meta  # noqa: SLF001  documented by Django
    page = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    return f"{page}?{urlencode(filters)}" if filters else page


def row_link(row: Model, text: object) -> SafeString:
    """Return a link to the row's own page in this admin."""
    options = row._meta  # noqa: SLF001  documented by Django
    page = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', page, text)


def alarm(count: int, tone: Tone = "bad") -> Tone:
    """Return the tone of a number that should be zero."""
    return tone if count else "good"
