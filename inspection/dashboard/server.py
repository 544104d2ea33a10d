"""The HTTP server: the pages, what they read as JSON, and `POST /v1/traces`. It changes nothing here."""

import http.server
import json
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from inspection.dashboard import otlp
from inspection.dashboard.flow import EventFlow
from inspection.dashboard.logs import LogFilter, read_logs
from inspection.dashboard.otlp import Rejected
from inspection.dashboard.processes import Processes
from inspection.dashboard.spans import SpanStore
from local_stack.stack import Stack

_FOLDER = Path(__file__).with_name("page")
_PAGE = ("index.html", "text/html")
_FILES = {
    "/dashboard.css": ("dashboard.css", "text/css"),
    "/dashboard.js": ("dashboard.js", "text/javascript"),
}
_FILES |= dict.fromkeys(("/", "/logs", "/traces", "/flow"), _PAGE)
_PROTOBUF = "application/x-protobuf"
#: A page may load what this server has, and nothing else; nobody may frame it or read it from another origin.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
#: How many requests with spans are unpacked at once; for how many seconds others wait for their turn; and for
#: how many seconds a look at the processes or the flow is good, however many pages are open.
_AT_ONCE, _PATIENCE, _FRESH = 2, 10.0, 1.5


def _fresh(read: Callable[[], Any]) -> Callable[[Mapping[str, str]], Any]:
    """Return a function that returns what `read` does, but calls it only when that is older than `_FRESH`."""
    lock, found, read_at = threading.Lock(), None, -_FRESH

    def answer(asked: Mapping[str, str]) -> Any:
        nonlocal found, read_at
        with lock:
            if time.monotonic() - read_at > _FRESH:
                found, read_at = read(), time.monotonic()
            return found

    return answer


class Dashboard(http.server.ThreadingHTTPServer):
    """The server of one stack, on the loopback; with port 0 on any free one."""

    daemon_threads, request_queue_size = True, 64

    def __init__(self, stack: Stack, port: int, store: SpanStore) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.origins = {f"http://{name}:{self.server_port}" for name in ("127.0.0.1", "localhost")}
        self.store, self.turns = store, threading.BoundedSemaphore(_AT_ONCE)
        self._logs = stack.run_dir / "log"
        self.answers: dict[str, Callable[[Mapping[str, str]], Any]] = {
            "/api/processes": _fresh(Processes(stack).read),
            "/api/flow": _fresh(EventFlow(stack).read),
            "/api/logs": self._log_entries,
            "/api/traces": lambda asked: store.traces(asked.get("q", "").strip()),
            "/api/trace": lambda asked: store.trace(asked.get("id", "")),
        }

    def _log_entries(self, asked: Mapping[str, str]) -> dict[str, Any]:
        names = ("process", "level", "text", "trace")
        wanted = LogFilter(**{name: asked[name].strip() for name in names if name in asked})
        after = {name: int(place) for name, place in json.loads(asked.get("after", "{}")).items()}
        return read_logs(self._logs, wanted, after or None)


class Handler(http.server.BaseHTTPRequestHandler):
    """One request, by one of our own names: a foreign one that leads here (DNS rebinding) reads nothing."""

    server: Dashboard
    server_version, sys_version, timeout = "dashboard", "", 30

    def do_GET(self) -> None:
        """Answer with a page, a file of it, or what it reads."""
        self._handle(self._show)

    def do_POST(self) -> None:
        """Take the spans of an exporter."""
        self._handle(self._receive)

    def _handle(self, respond: Callable[[], None]) -> None:
        host = self.headers.get("Host", "")
        try:
            if not {f"http://{host}", self.headers.get("Origin", f"http://{host}")} <= self.server.origins:
                raise Rejected(HTTPStatus.FORBIDDEN)
            respond()
        except Rejected as error:
            self._send(f"{error.status.phrase}\n".encode(), "text/plain", error.status)

    def _show(self) -> None:
        parts = urlsplit(self.path)
        answer = self.server.answers.get(parts.path)
        if answer:
            asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            try:
                found = json.dumps(answer(asked)).encode()
            except (ValueError, TypeError, AttributeError) as error:
                raise Rejected(HTTPStatus.BAD_REQUEST) from error
            self._send(found, "application/json")
        elif file := _PAGE if parts.path.startswith("/traces/") else _FILES.get(parts.path):
            self._send((_FOLDER / file[0]).read_bytes(), f"{file[1]}; charset=utf-8")
        else:
            raise Rejected(HTTPStatus.NOT_FOUND)

    def _receive(self) -> None:
        length = self.headers.get("Content-Length", "")
        if urlsplit(self.path).path != "/v1/traces":
            raise Rejected(HTTPStatus.NOT_FOUND)
        # No page of another origin can send this type without asking first, and it is never allowed to.
        if self.headers.get_content_type() != _PROTOBUF:
            raise Rejected(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if not length.isdecimal():
            raise Rejected(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > otlp.LIMIT:
            raise Rejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not self.server.turns.acquire(timeout=_PATIENCE):
            raise Rejected(HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            body = self.rfile.read(int(length))
            self.server.store.add(otlp.spans_of(body, self.headers.get("Content-Encoding", "")))
        finally:
            self.server.turns.release()
        self._send(b"", _PROTOBUF)

    def _send(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in (_HEADERS | {"Content-Type": kind, "Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: every page reads something every two seconds."""
