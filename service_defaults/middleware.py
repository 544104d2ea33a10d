"""Middleware of every web process: request ids, access log, body limit, security headers, client address."""

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from service_defaults import client_ip, logs, metrics, problems

GetResponse = Callable[[HttpRequest], HttpResponse]

_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# An API's response is no page: nothing is loaded or run where a browser shows it. The admin's pages load from
# their own origin alone.
_POLICY = "default-src 'none'; frame-ancestors 'none'"
_POLICY_OF_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_access_log = logging.getLogger("service_defaults.access")


def request_id(get_response: GetResponse) -> GetResponse:
    """Set `X-Request-Id` of request and response: the caller's where it is well-formed, else a new one.

    Also sets `request.request_id` and the id in every log line written during the request.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        value = given if _ACCEPTABLE_ID.fullmatch(given) else uuid4().hex
        request.META["HTTP_X_REQUEST_ID"] = value
        request.request_id = value  # type: ignore[attr-defined]
        token, user_token = logs.request_id.set(value), logs.user_id.set("")
        try:
            response = get_response(request)
        finally:
            logs.request_id.reset(token)
            logs.user_id.reset(user_token)
        response["X-Request-Id"] = value
        return response

    return middleware


def access_log(get_response: GetResponse) -> GetResponse:
    """Count each response, and log a line: method, path without its query, status and milliseconds."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        level = logging.DEBUG if request.path.startswith("/health/") else logging.INFO
        seconds = time.perf_counter() - started
        metrics.observe_request(request, response.status_code, seconds)
        took = round(seconds * 1000, 1)
        facts = {"method": request.method, "path": request.path, "status": response.status_code, "ms": took}
        _access_log.log(level, "%s %s %s", request.method, request.path, response.status_code, extra=facts)
        return response

    return middleware


def body_limit(get_response: GetResponse) -> GetResponse:
    """Refuse bodies above DATA_UPLOAD_MAX_MEMORY_SIZE (413) and those of unknown length (411), unread.

    Django applies that limit to form bodies alone, and reads a chunked body as an empty one.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return problems.problem(411, "length-required", "Send the body with a Content-Length")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            return problems.problem(413, "body-too-large", f"The body must not exceed {limit} bytes")
        return get_response(request)

    return middleware


def content_security_policy(get_response: GetResponse) -> GetResponse:
    """Set the Content-Security-Policy where a response has none: that of an API, or of the admin's pages."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        policy = _POLICY_OF_PAGES if request.path.startswith("/admin/") else _POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


def default_cache_control(get_response: GetResponse) -> GetResponse:
    """Set Cache-Control where a response has none: `no-store`, or `private, no-cache` with an ETag."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-cache" if "ETag" in response else "no-store"
        return response

    return middleware


def set_client_ip(get_response: GetResponse) -> GetResponse:
    """Set `request.client_ip`; see `service_defaults.client_ip`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.client_ip = client_ip.address_of(request)  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
