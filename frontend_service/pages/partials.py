"""Parts of a page that change by themselves: its script asks for them, and mostly hears "no change"."""

from collections.abc import Callable
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from service_defaults.conditional import not_modified

# Note [What a part's ETag is made of]
# Of what the visitor would see change, not of the rendered text: a form's CSRF token and idempotency key are
# others each time, and to replace a form for their sake would take the visitor's place in it away.


def etag_of(seen: object) -> str:
    """The ETag of a part that shows this: any value with a telling `repr`."""
    return f'"{sha256(repr(seen).encode()).hexdigest()[:20]}"'


def not_modified_or(request: HttpRequest, etag: str, render: Callable[[], HttpResponse]) -> HttpResponse:
    """The part, or 304 where the page has it already."""
    response = HttpResponse(status=304) if not_modified(request, etag) else render()
    response.headers["ETag"] = etag
    # Kept by the page's script, with its ETag; nobody else shall.
    patch_cache_control(response, private=True, no_store=True)
    return response
