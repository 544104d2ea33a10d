"""Responses for the parts of a page that its script polls: most are 304 Not Modified."""

from collections.abc import Callable
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from service_defaults.conditional import not_modified

# Note [What a partial's ETag covers]
# What the visitor would see change, not the rendered text: a form's CSRF token and idempotency key differ
# each time, and replacing a form because of them would lose the visitor's focus in it.


def etag_of(seen: object) -> str:
    """The ETag of a partial that shows this value; its `repr` must show every difference."""
    return f'"{sha256(repr(seen).encode()).hexdigest()[:20]}"'


def not_modified_or(request: HttpRequest, etag: str, render: Callable[[], HttpResponse]) -> HttpResponse:
    """The partial, or 304 where the page has this version."""
    response = HttpResponse(status=304) if not_modified(request, etag) else render()
    response.headers["ETag"] = etag
    # The page's script keeps it with its ETag; no other cache should.
    patch_cache_control(response, private=True, no_store=True)
    return response
