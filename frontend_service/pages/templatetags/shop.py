"""Template tags for money, times and colours."""

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
register.filter("service_name", messages.service_name)
register.filter("state_of", messages.state_of)
register.filter("state_label", messages.state_label)

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
    """A time for a `datetime` attribute, whose precision is milliseconds."""
    return timezone.localtime(value).isoformat(timespec="milliseconds")


@register.filter
def is_this_year(value: datetime) -> bool:
    """Whether a time is in the current year, in the visitor's zone."""
    return timezone.localtime(value).year == timezone.localtime().year


@register.filter
def seller_code(user_id: UUID) -> str:
    """A short code to recognise a seller by: accounts have no public name."""
    return user_id.hex[-6:].upper()


@register.filter
def hue(ticket_id: UUID) -> str:
    """The CSS class of a ticket's colour, the same each time for the same ticket."""
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
