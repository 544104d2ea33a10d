"""The Content-Security-Policy of every page: nothing inline, nothing from other origins."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse

_POLICY = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "connect-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
    "frame-ancestors": ("'none'",),
}

# The one page that loads from another origin: card numbers go from the browser directly to Stripe.
STRIPE = {
    "script-src": ("https://js.stripe.com", "https://*.js.stripe.com"),
    "frame-src": ("https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"),
    "connect-src": ("https://api.stripe.com",),
}

_PERMISSIONS = "camera=(), geolocation=(), microphone=()"


def policy(allowed_too: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """The policy as a header value, widened by `allowed_too` (sources by directive)."""
    more = dict(allowed_too or {})
    directives = {name: _POLICY.get(name, ()) + more.get(name, ()) for name in _POLICY | more}
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


class SecurityHeaders:
    """Sets the policy, except where a view has set one of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._policy = policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers to the answer."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self._policy)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        return response
