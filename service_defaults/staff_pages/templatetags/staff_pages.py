"""`{% load staff_pages %}`: lists whose ids are short and whose cells name their columns."""

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.conf import settings
from django.contrib.admin.helpers import AdminReadonlyField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from service_defaults.staff_pages.ids import linked_id, show_ids

register = template.Library()

_CELL = re.compile(r'<(t[dh])( class="([^"]*)")?')
_FIELD = re.compile(r"\bfield-(\w+)")
_SHOWN_HERE = template.Context()
_EMPTY = re.compile(r"^<td[^>]*>-</td>$")


@register.simple_tag
def list_rows(results: Iterable[Iterable[str]], headers: list[dict[str, Any]]) -> list[list[SafeString]]:
    """Return the cells of a list's rows: each has its column's name in `data-label`, for narrow screens."""
    # The column of checkboxes has one as its heading.
    labels = [capfirst(text) if "<" not in (text := str(header["text"])) else "" for header in headers]
    return [[_cell(cell, label) for cell, label in zip(row, labels, strict=False)] for row in results]


@register.simple_tag
def field_contents(field: AdminReadonlyField) -> SafeString:
    """Return a field's value on a row's own page, with its ids in full."""
    return show_ids(str(field.contents()), field=field.field["name"], whole=True)


@register.filter
def ids(value: object) -> SafeString:
    """Return a value as the pages show it, with its ids shortened."""
    return show_ids(format_html("{}", template.base.render_value_in_context(value, _SHOWN_HERE)))


@register.simple_tag
def account(user: Any) -> SafeString | str:
    """Return who did something: their e-mail address where it is known, else a link to their account."""
    return getattr(user, "email", "") or linked_id(user.get_username(), field="user_id")


@register.simple_tag
def staff_places() -> list[dict[str, Any]]:
    """Return where else operators work: the page of all services, if there is one, and each service's admin.

    They are in settings.STAFF_CONSOLE, an address, and STAFF_SITES, the services' titles by their names.
    """
    console: str = getattr(settings, "STAFF_CONSOLE", "")
    sites: dict[str, str] = getattr(settings, "STAFF_SITES", {})
    places = [{"title": "Console", "url": console, "is_here": False}] if console else []
    admins = [
        {"title": title, "url": f"/admin/{service}/", "is_here": service == settings.SERVICE}
        for service, title in sites.items()
    ]
    return [*places, *admins]


def _cell(html: str, label: str) -> SafeString:
    found = _CELL.match(html)
    if found is None:
        return mark_safe(html)  # noqa: S308  Django's own cell
    field = _FIELD.search(found[3] or "")
    classes = f"{found[3] or ''} is-empty" if _EMPTY.match(html) else found[3] or ""
    start = format_html('<{} class="{}" data-label="{}"', found[1], classes.strip(), label)
    return start + show_ids(html[found.end() :], field=field[1] if field else "")
