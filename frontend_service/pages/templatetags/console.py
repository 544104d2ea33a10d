"""Template tags of the console: ages, JSON, and links to stories."""

import json
from typing import Any

from django import template
from django.utils.translation import ngettext

from frontend_service.pages.console.things import story_address

register = template.Library()

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@register.filter
def age(seconds: float | None) -> str:
    """A number of seconds in words, in its largest whole unit: `3 hours`; a dash for None."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    if whole < _MINUTE:
        return ngettext("%(count)d second", "%(count)d seconds", whole) % {"count": whole}
    if whole < _HOUR:
        return ngettext("%(count)d minute", "%(count)d minutes", whole // _MINUTE) % {
            "count": whole // _MINUTE
        }
    if whole < 2 * _DAY:
        return ngettext("%(count)d hour", "%(count)d hours", whole // _HOUR) % {"count": whole // _HOUR}
    return ngettext("%(count)d day", "%(count)d days", whole // _DAY) % {"count": whole // _DAY}


@register.filter
def readable_json(value: Any) -> str:
    """JSON for people: indented, its keys in their order."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def story_url(stream: str, thing_id: str) -> str:
    """The address of the story of the thing that a stream's event is about; empty for other streams."""
    return story_address("account" if stream == "user" else stream, thing_id)
