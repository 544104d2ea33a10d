"""The API's documents: all services' in one, and a page to browse it. Works without the internet."""

import time
from dataclasses import dataclass, field
from threading import Lock

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.generic import View

from frontend_service.clients.api import PARTS, Api
from frontend_service.clients.errors import ApiError
from frontend_service.pages.openapi import Document, merge
from frontend_service.pages.visitor import PageRequest

KEEP_SECONDS = 60.0


@dataclass
class _Kept:
    """The documents as they were fetched last, by part; a part that is down is asked again next time."""

    lock: Lock = field(default_factory=Lock)
    documents: dict[str, tuple[float, Document]] = field(default_factory=dict)

    def fetch(self, api: Api, *, now: float) -> tuple[dict[str, Document], tuple[str, ...]]:
        """The documents that could be had, and the parts whose could not."""
        with self.lock:
            for part in PARTS:
                self._refresh(api, part, now)
            fresh = {part: self.documents[part][1] for part in PARTS if part in self.documents}
        return fresh, tuple(part for part in PARTS if part not in fresh)

    def _refresh(self, api: Api, part: str, now: float) -> None:
        fetched_at, _ = self.documents.get(part, (float("-inf"), {}))
        if now - fetched_at < KEEP_SECONDS:
            return
        self.documents.pop(part, None)
        try:
            self.documents[part] = now, api.get_document(part)
        except ApiError:
            return


kept = _Kept()


class MergedDocument(View):
    """`/api/docs/openapi.json`."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The whole API as one OpenAPI 3.1 document."""
        documents, missing = kept.fetch(request.api, now=time.monotonic())
        return JsonResponse(merge(documents, server=settings.PUBLIC_ORIGIN, missing=missing))


class BrowseDocuments(View):
    """`/api/docs/`."""

    def get(self, request: PageRequest) -> HttpResponse:
        """The page to browse that document and try its routes."""
        return render(request, "pages/api_docs.html")
