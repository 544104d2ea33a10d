"""Money, moments and colours, for people."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django import template
from django.utils import timezone
from django.utils.dateformat import format as format_moment
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from frontend_service.pages import messages, user_agents

register = template.Library()
register.filter("device_name", user_agents.device_name)
register.filter("part_name", messages.part_name)
register.filter("state_of", messages.state_of)
register.filter("state_word", messages.state_word)

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
_HUES = 6


@register.simple_tag
def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: `$1,019.90`, `1,019.90 CHF`."""
    figures = f"{amount:,.2f}"
    sign = _SIGNS.get(currency.upper())
    return f"{sign}{figures}" if sign else f"{figures} {currency.upper()}".strip()


@register.simple_tag
def moment(value: datetime, style: str = "full") -> SafeString:
    """A `<time>` in the visitor's zone; says UTC where that isn't known. Styles: full, short, day, clock."""
    local = timezone.localtime(value)
    text = format_moment(local, _pattern(style))
    if style != "day" and timezone.get_current_timezone_name() == "UTC":
        text += " UTC"
    return format_html('<time datetime="{}" data-style="{}">{}</time>', iso(value), style, text)


@register.filter
def iso(value: datetime) -> str:
    """A moment as HTML writes it for programs, which is no finer than milliseconds."""
    return timezone.localtime(value).isoformat(timespec="milliseconds")


@register.filter
def is_this_year(value: datetime) -> bool:
    """Whether a moment's year, in the visitor's zone, goes without saying."""
    return timezone.localtime(value).year == timezone.localtime().year


@register.filter
def seller_sign(user_id: UUID) -> str:
    """A short sign by which a seller is known again: accounts have no name that strangers may see."""
    return user_id.hex[-6:].upper()


@register.filter
def hue(ticket_id: UUID) -> str:
    """The class of a ticket's colour, always the same for the same ticket, like coloured paper."""
    return f"hue-{ticket_id.int % _HUES}"


def _pattern(style: str) -> str:
    match style:
        case "clock":
            return pgettext("date format", "H:i")
        case "short":
            return pgettext("date format", "j M, H:i")
        case "day":
            return pgettext("date format", "D j M Y")
        case _:
            return pgettext("date format", "D j M Y, H:i")
