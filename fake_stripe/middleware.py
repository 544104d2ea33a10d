"""How the fake speaks HTTP: its health, idempotency keys, and JSON for every error."""

import hashlib
import json
import logging
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from fake_stripe.store import Answer, FileStore

log = logging.getLogger(__name__)


def make_middleware(store: FileStore) -> Middleware:
    """Return the middleware around all of localstripe. It commits the store before anything is answered."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/_health":
            return web.json_response({"status": "ok", "objects": len(store)})
        # Once the body is read nothing waits until the commit: localstripe's handlers only compute.
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
    """Answer as the first request with this key was answered, and do nothing twice."""
    kept = store.answer_to(key)
    if kept is not None and kept.fingerprint != fingerprint:
        return _error(400, "idempotency_error", f"The key {key} was first used with other parameters.")
    if kept is not None:
        return web.Response(
            status=kept.status,
            body=kept.body,
            content_type="application/json",
            headers={"Idempotent-Replayed": "true"},
        )
    response = await _answer(request, handler)
    store.commit(key, _worth_keeping(response, fingerprint))
    return response


def _worth_keeping(response: web.StreamResponse, fingerprint: str) -> Answer | None:
    """A request that was refused before anything ran may be sent again under its key, as with Stripe."""
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
        return _error(500, "api_error", "The fake Stripe stumbled; its log says where.")
    if response.status == HTTPStatus.NOT_FOUND:
        return _error(
            404, "invalid_request_error", f"No such object: {request.path}", code="resource_missing"
        )
    return response


def _error(status: int, kind: str, message: str, **more: str) -> web.Response:
    body = {"error": {"type": kind, "message": message, **more}}
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")
