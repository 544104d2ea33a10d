"""The console's one search: by an id, an e-mail address, a title, a card's last four digits.

# Note [What is searched for stays out of addresses]
Addresses are logged and kept in histories, and a search may be an e-mail address. So the form posts; only an
id goes into the address of the results. Anything else is kept in a cookie that the results' page alone gets,
so that reloading and going back work.
"""

import re
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from frontend_service.clients.gateway import Gateway
from frontend_service.clients.parallel import call_all
from frontend_service.clients.staff import OWNERS, PREFIXES, Staff
from frontend_service.clients.staff_schemas import Match
from frontend_service.pages.console.access import ConsoleView, missing_services
from frontend_service.pages.console.things import KIND_NAMES, story_address
from frontend_service.pages.forms import is_id
from frontend_service.pages.visitor import PageRequest

COOKIE = "console_search"
MAX_LENGTH = 200
# A UUID, a request's id, or Stripe's.
_ID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}|[a-z]{2,5}_\w{6,80}", re.IGNORECASE)


class Search(ConsoleView):
    """`/console/search`."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The matches of all services; a single one leads to its story."""
        asked = request.GET.get("q", "").strip()
        text = asked or unquote(request.COOKIES.get(COOKIE, ""))
        if not text or (asked and not _ID.fullmatch(asked)):
            return self.show(request, "search.html", {"query": asked})
        return self._results(request, text)

    def _results(self, request: PageRequest, text: str) -> HttpResponse:
        calls = {service: partial(_search, service, text) for service in PREFIXES}
        answers = call_all(request.api.gateway, calls)
        matches = _unique([match for service in PREFIXES for match in answers.found.get(service, [])])
        asked = UUID(text) if is_id(text) else None
        exact = [match for match in matches if match.id == asked]
        if not answers.failed and 1 in (len(matches), len(exact)):
            found = (exact or matches)[0]
            return redirect(story_address(found.kind, str(found.id)))
        context = {
            "query": text,
            "is_searching": True,
            "matches": [(KIND_NAMES[m.kind], m, story_address(m.kind, str(m.id))) for m in matches],
            "missing": missing_services(answers.failed),
        }
        return self.show(request, "search.html", context)

    def post(self, request: PageRequest) -> HttpResponse:
        """Lead to the results: see Note [What is searched for stays out of addresses]."""
        text = request.POST.get("q", "").strip()[:MAX_LENGTH]
        address = reverse("console_search")
        if not text:
            return self.show(
                request, "search.html", {"query": "", "error": _("Type what to search for.")}, status=400
            )
        if _ID.fullmatch(text):
            return HttpResponseRedirect(f"{address}?{urlencode({'q': text})}")
        response = HttpResponseRedirect(address)
        response.set_cookie(
            COOKIE,
            quote(text),
            path=address,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response


def _search(service: str, text: str, gateway: Gateway) -> list[Match]:
    return Staff(gateway, service).search(text)


def _unique(matches: list[Match]) -> list[Match]:
    """Each thing once, of the kinds that have stories."""
    unique: dict[Any, Match] = {}
    for match in matches:
        if match.kind in OWNERS:
            unique.setdefault((match.kind, match.id), match)
    return list(unique.values())
