"""Ids as operators see and search them: short, whole when copied, linked to the service that owns the row."""

import re
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_ID = re.compile(r"\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})\b")
_TAG = re.compile(r"(<[^>]*>)")
_SHOWN, _SHOWN_END = 8, 4
_HEX_DIGITS = 32


def short_id(value: object) -> SafeString:
    """Return an id's first 8 and last 4 characters; the whole id is its title, and what is copied.

    The beginning of a UUIDv7 is the minute in which it was made: only the end tells such ids apart.
    """
    text = str(value)
    start, rest, end = text[:_SHOWN], text[_SHOWN:-_SHOWN_END], text[-_SHOWN_END:]
    return format_html(
        '<span class="id" title="{}">{}<span class="id-rest">{}</span>{}</span>', text, start, rest, end
    )


def whole_id(value: object) -> SafeString:
    """Return an id in full, as one piece to copy."""
    return format_html('<span class="id id-whole">{}</span>', value)


def owner_url(field: str, value: object) -> str:
    """Return the page of the row that a field's id names, by settings.STAFF_LINKS; empty for other fields."""
    template: str = getattr(settings, "STAFF_LINKS", {}).get(field, "")
    return template.format(value) if template and value else ""


def linked_id(value: object, *, field: str) -> SafeString:
    """Return the short id, as a link where the field has one."""
    url = owner_url(field, value)
    return format_html('<a href="{}">{}</a>', url, short_id(value)) if url else short_id(value)


def show_ids(html: str, *, field: str = "", whole: bool = False) -> SafeString:
    """Return a piece of a page with the ids in its text shown by `short_id`, or `whole_id`.

    An id that isn't in a link already becomes one, where the field has one.
    """
    in_link = False
    pieces = _TAG.split(html)
    for index, piece in enumerate(pieces):
        if index % 2:
            in_link = piece.startswith("<a ") or (in_link and piece != "</a>")
        else:
            pieces[index] = _ID.sub(_shown("" if in_link else field, whole=whole), piece)
    # The tags and the text between the ids are those that came in.
    return mark_safe("".join(pieces))  # noqa: S308


def _shown(field: str, *, whole: bool) -> Callable[[re.Match[str]], str]:
    def show(match: re.Match[str]) -> str:
        value = match[0]
        url = owner_url(field, value)
        shown = whole_id(value) if whole else short_id(value)
        return format_html('<a href="{}">{}</a>', url, shown) if url else shown

    return show


def id_range(text: str) -> tuple[UUID, UUID] | None:
    """Return the first and the last UUID that begin with the text; None where it begins none.

    At least 8 hexadecimal digits, with or without hyphens, and what is shown of a short id: `019abc12…3f9e`.
    """
    digits = text.strip().lower().partition("…")[0].replace("-", "")
    if not re.fullmatch(f"[0-9a-f]{{{_SHOWN},{_HEX_DIGITS}}}", digits):
        return None
    return UUID(digits.ljust(_HEX_DIGITS, "0")), UUID(digits.ljust(_HEX_DIGITS, "f"))
