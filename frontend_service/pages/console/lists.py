"""The console's lists behind the figures: orders and payments."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse

from frontend_service.clients.staff import OWNERS, Staff
from frontend_service.pages.console.access import ConsoleView
from frontend_service.pages.console.things import KIND_NAMES, read_thing
from frontend_service.pages.console.today import LISTED
from frontend_service.pages.visitor import PageRequest

#: The filters that the APIs take; others are ignored.
_FILTERS = {
    "order": ("buyer", "ticket", "status", "cursor"),
    "payment": ("order", "buyer", "status", "stuck", "cursor"),
}


class ThingList(ConsoleView):
    """`/console/lists/<kind>`, such as `/console/lists/payment?stuck=1`."""

    def get(self, request: PageRequest, kind: str) -> HttpResponse:
        """Orders or payments, newest first, filtered as the address says; raises Http404."""
        if kind not in LISTED.values():
            raise Http404
        filters = {name: request.GET[name] for name in _FILTERS[kind] if request.GET.get(name)}
        page = Staff(request.api.gateway, OWNERS[kind]).list_things(kind, filters=filters)
        kept: dict[str, Any] = {name: value for name, value in filters.items() if name != "cursor"}
        context = {
            "kind": kind,
            "kind_name": KIND_NAMES[kind],
            "things": [read_thing(kind, item) for item in page.items],
            "filters": kept,
            "status": read_thing(kind, {"status": kept["status"]}) if "status" in kept else None,
            "more": f"?{urlencode(kept | {'cursor': page.cursor})}" if page.cursor else "",
        }
        return self.show(request, "list.html", context)
