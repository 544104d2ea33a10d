"""The OpenAPI documents of all services merged into one, and a page to browse it, which works offline."""

import time
from dataclasses import dataclass, field
from threading import Lock

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.generic import View

from frontend_service.clients.api import SERVICES, Api
from frontend_service.clients.errors import ApiError
from frontend_service.pages.openapi import Document, merge
from frontend_service.pages.visitor import PageRequest

KEEP_SECONDS = 60.0


@dataclass
class _DocumentCache:
    """The last fetched documents by service; a failed fetch is repeated at the next request."""

    lock: Lock = field(default_factory=Lock)
    documents: dict[str, tuple[float, Document]] = field(default_factory=dict)

    def fetch(self, api: Api, *, now: float) -> tuple[dict[str, Document], tuple[str, ...]]:
        """The documents that could be fetched, and the services whose could not."""
        with self.lock:
            for service in SERVICES:
                self._refresh(api, service, now)
            fresh = {service: self.documents[service][1] for service in SERVICES if service in self.documents}
        return fresh, tuple(service for service in SERVICES if service not in fresh)

    def _refresh(self, api: Api, service: str, now: float) -> None:
        fetched_at, _ = self.documents.get(service, (float("-inf"), {}))
        if now - fetched_at < KEEP_SECONDS:
            return
        self.documents.pop(service, None)
        try:
            self.documents[service] = now, api.get_document(service)
        except ApiError:
            return


cache = _DocumentCache()


class MergedDocument(View):
    """`/api/docs/openapi.json`."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The whole API as one OpenAPI 3.1 document."""
        documents, missing = cache.fetch(request.api, now=time.monotonic())
        return JsonResponse(merge(documents, server=settings.PUBLIC_ORIGIN, missing=missing))


class BrowseDocuments(View):
    """`/api/docs/`."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The page to browse the document and try its routes."""
        return render(request, "pages/api_docs.html")
