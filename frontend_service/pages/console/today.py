"""The console's start page: today's figures of all services, and what needs a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from frontend_service.clients.gateway import Gateway
from frontend_service.clients.parallel import call_all
from frontend_service.clients.staff import PREFIXES, Staff
from frontend_service.clients.staff_schemas import EventStatus, Number
from frontend_service.pages.console.access import ConsoleView, missing_services, name_of
from frontend_service.pages.console.things import STATUSES
from frontend_service.pages.console.troubles import Trouble, troubles_of
from frontend_service.pages.messages import translated
from frontend_service.pages.templatetags.shop import money
from frontend_service.pages.visitor import PageRequest

# What sells comes first.
_ORDER = ("orders", "payments", "tickets", "auth")
#: The services whose figures link to a list, and the kind of what it lists.
LISTED = {"orders": "order", "payments": "payment"}
_LABELS: dict[str, str | Promise] = {
    "holdsOpen": _("Open holds"),
    "holdsStartedToday": _("Holds started today"),
    "completedToday": _("Sold today"),
    "expiredToday": _("Expired today"),
    "lapsedRate": _("Holds that end unpaid"),
    "stuck": _("Stuck payments"),
    "listedToday": _("Listed today"),
    "onSale": _("On sale"),
    "signUpsToday": _("Sign-ups today"),
    "suspended": _("Suspended accounts"),
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure as the page shows it. `note` is a sum of money, and `url` the list behind it."""

    label: str
    value: str
    note: str = ""
    url: str = ""


class Today(ConsoleView):
    """`/console/`."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The figures of the services that answer, and their troubles."""
        gateway = request.api.gateway
        figures = {("today", service): partial(_read_today, service) for service in PREFIXES}
        states = {("events", service): partial(_read_status, service) for service in PREFIXES}
        answers = call_all(gateway, figures | states)
        found: dict[tuple[str, str], Any] = answers.found
        numbers = {service: found.get(("today", service)) for service in PREFIXES}
        troubles = [
            trouble
            for service in PREFIXES
            if (status := found.get(("events", service)))
            for trouble in troubles_of(service, status)
        ]
        context = {
            "groups": [
                (name_of(service), [_figure(service, number) for number in listed])
                for service in _ORDER
                if (listed := numbers[service])
            ],
            "troubles": [*_stuck(numbers["payments"] or []), *troubles],
            "missing": missing_services(answers.failed),
        }
        return self.show(request, "today.html", context)


def _read_today(service: str, gateway: Gateway) -> list[Number] | EventStatus:
    return Staff(gateway, service).get_today()


def _read_status(service: str, gateway: Gateway) -> list[Number] | EventStatus:
    return Staff(gateway, service).get_event_status()


def _figure(service: str, number: Number) -> Figure:
    value = f"{number.value * 100:.1f} %" if number.name.endswith("Rate") else f"{number.value:,}"
    return Figure(
        label=str(_LABELS.get(number.name) or STATUSES.get(number.name) or translated(number.label)),
        value=value,
        note=money(number.amount.amount, number.amount.currency) if number.amount else "",
        url=_list_url(service, number.link),
    )


def _list_url(service: str, query: str) -> str:
    kind = LISTED.get(service)
    return f"{reverse('console_list', args=[kind])}?{query}" if kind and query else ""


def _stuck(numbers: list[Number]) -> Iterator[Trouble]:
    for number in numbers:
        if number.name == "stuck" and number.value:
            count = int(number.value)
            text = ngettext("%(count)d payment is stuck.", "%(count)d payments are stuck.", count)
            yield Trouble(text=text % {"count": count}, url=_list_url("payments", number.link or "stuck=1"))
