"""The fake's HTTP middleware: health check, idempotency keys, and JSON for every error."""

import hashlib
import json
import logging
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from fake_stripe.store import Answer, FileStore

log = logging.getLogger(__name__)


def make_middleware(store: FileStore) -> Middleware:
    """Return the middleware around localstripe, which commits the store before each response."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/_health":
            return web.json_response({"status": "ok", "objects": len(store)})
        # Between here and the commit nothing awaits: localstripe's handlers only compute.
        body = await request.read()
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if key is None:
            response = await _answer(request, handler)
            store.commit()
            return response
        return await _answer_once(store, key, _fingerprint(request, body), request, handler)

    return middleware


async def _answer_once(
    store: FileStore, key: str, fingerprint: str, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Return the stored response of the first request with this key, or run the request."""
    stored = store.answer_to(key)
    if stored is not None and stored.fingerprint != fingerprint:
        return _error(400, "idempotency_error", f"The key {key} was first used with other parameters.")
    if stored is not None:
        return web.Response(
            status=stored.status,
            body=stored.body,
            content_type="application/json",
            headers={"Idempotent-Replayed": "true"},
        )
    response = await _answer(request, handler)
    store.commit(key, _storable(response, fingerprint))
    return response


def _storable(response: web.StreamResponse, fingerprint: str) -> Answer | None:
    """The response to store; None where the request was rejected before it ran, as with Stripe."""
    body = getattr(response, "body", None)
    ran = response.status in (HTTPStatus.OK, HTTPStatus.PAYMENT_REQUIRED) or b"unexpected_state" in (
        body or b""
    )
    return Answer(fingerprint, response.status, body) if ran and isinstance(body, bytes) else None


def _fingerprint(request: web.Request, body: bytes) -> str:
    return hashlib.sha256(f"{request.method} {request.path_qs}\n".encode() + body).hexdigest()


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        return _error(error.status, "invalid_request_error", error.reason)
    except Exception:
        log.exception("localstripe failed on %s %s", request.method, request.path)
        return _error(500, "api_error", "The fake Stripe failed; see its log.")
    if response.status == HTTPStatus.NOT_FOUND:
        return _error(
            404, "invalid_request_error", f"No such object: {request.path}", code="resource_missing"
        )
    return response


def _error(status: int, kind: str, message: str, **more: str) -> web.Response:
    body = {"error": {"type": kind, "message": message, **more}}
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")
