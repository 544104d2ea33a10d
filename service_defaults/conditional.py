"""Conditional requests (RFC 9110), with a row's version as its ETag, against lost updates."""

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.request import Request

from service_defaults import errors


class ChangedMeanwhile(errors.PreconditionFailed):
    """It has changed since you read it. Read it again and repeat."""


def etag_for(version: int) -> str:
    """Return the ETag of a row at this version."""
    return f'"{version}"'


def not_modified(request: Request | HttpRequest, etag: str) -> bool:
    """Whether If-None-Match names this version, so that the response is 304."""
    known = [tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))]
    return etag in known or "*" in known


def require_match(request: Request | HttpRequest, etag: str) -> None:
    """Raise `ChangedMeanwhile` where If-Match names another version; a missing header matches any."""
    expected = parse_etags(request.headers.get("If-Match", "*"))
    if etag not in expected and "*" not in expected:
        raise ChangedMeanwhile
