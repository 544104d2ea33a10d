"""What needs a person: from the states of the services' events."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from frontend_service.clients.staff_schemas import EventStatus, FollowedStream
from frontend_service.pages.console.access import name_of
from frontend_service.pages.templatetags.console import age

#: How old an event or a command may be before its waiting is trouble, in seconds.
SLOW_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that a person has to look at, and where."""

    text: str
    url: str


def troubles_of(service: str, status: EventStatus) -> Iterator[Trouble]:
    """A service's troubles, the most urgent first."""
    for stream in status.halted:
        yield _halted(service, stream)
    if status.dead_letters:
        yield Trouble(text=_dead_letters(service, status), url=parked_url(service))
    yield from (
        Trouble(text=text, url=f"{reverse('console_events')}#{service}") for text in _delays(service, status)
    )
    if status.skipped:
        text = ngettext(
            "%(service)s: %(count)d range of skipped events isn't settled.",
            "%(service)s: %(count)d ranges of skipped events aren't settled.",
            len(status.skipped),
        ) % {"service": name_of(service), "count": len(status.skipped)}
        yield Trouble(text=text, url=f"{reverse('console_events')}#{service}")


def parked_url(service: str) -> str:
    """The list of a service's parked events."""
    return f"{reverse('console_events')}?{urlencode({'service': service})}#parked"


def _halted(service: str, stream: FollowedStream) -> Trouble:
    text = _("%(service)s stopped following the stream %(stream)s %(age)s ago.") % {
        "service": name_of(service),
        "stream": stream.stream,
        "age": age(stream.halted_seconds),
    }
    return Trouble(text=text, url=reverse("console_stream", args=[service, stream.stream]))


def _dead_letters(service: str, status: EventStatus) -> str:
    return ngettext(
        "%(service)s: %(count)d dead letter waits for a person, the oldest for %(age)s.",
        "%(service)s: %(count)d dead letters wait for a person, the oldest for %(age)s.",
        status.dead_letters,
    ) % {
        "service": name_of(service),
        "count": status.dead_letters,
        "age": age(status.oldest_dead_letter_seconds),
    }


def _delays(service: str, status: EventStatus) -> Iterator[str]:
    name = {"service": name_of(service)}
    if not status.lease.is_held:
        yield _("%(service)s: no relay holds the lease, so nothing is published.") % name
    ages = (stream.oldest_unpublished_seconds for stream in status.published)
    oldest = max((seconds for seconds in ages if seconds is not None), default=0)
    if oldest > SLOW_SECONDS:
        yield _("%(service)s: an event has not been published for %(age)s.") % (name | {"age": age(oldest)})
    waiting = status.oldest_unsent_command_seconds or 0
    if waiting > SLOW_SECONDS:
        text = _("%(service)s: a command has waited for the broker for %(age)s.")
        yield text % (name | {"age": age(waiting)})
