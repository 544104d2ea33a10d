"""Who may open the console, and what every page of it has alike."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.generic import View

from frontend_service.clients.errors import ApiError
from frontend_service.clients.staff import PREFIXES
from frontend_service.pages.decorators import login_required
from frontend_service.pages.messages import service_name
from frontend_service.pages.visitor import PageRequest


@method_decorator(login_required, name="dispatch")
class ConsoleView(View):
    """A page for staff: visitors sign in first, others get 403, and neither caches nor robots keep it.

    Where accounts doesn't answer, the token says who is staff; the services verify it themselves.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the visitor, and set the headers; raises PermissionDenied."""
        visitor = request.visitor  # type: ignore[attr-defined]  # PageRequest
        if not visitor.is_staff:
            raise PermissionDenied
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def show(
        self, request: PageRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """Render one of the console's templates."""
        return render(request, f"console/{template}", context, status=status)


def missing_services(*failed: dict[Any, ApiError]) -> list[str]:
    """The names of the services that didn't answer, each once, in their usual order."""
    prefixes = {error.service for errors in failed for error in errors.values()}
    return [service_name(prefix) for prefix in PREFIXES.values() if prefix in prefixes]


def name_of(service: str) -> str:
    """A service's name on the pages; `service` is one of PREFIXES."""
    return service_name(PREFIXES[service])
