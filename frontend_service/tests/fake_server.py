"""The fake marketplace as an HTTP server, to open the pages in a browser.

`python -m frontend_service.tests.fake_server --origin http://127.0.0.1:8000`, and a frontend at that address
with FRONTEND_API_BASE=http://127.0.0.1:9000.
"""

import argparse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from frontend_service.tests.fake_marketplace import Marketplace


def serve(marketplace: Marketplace, port: int) -> ThreadingHTTPServer:
    """Return a server for a marketplace, on the loopback address; not yet serving."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet per response: a second one would wait for an acknowledgement

        def _do(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = f"http://127.0.0.1:{port}{self.path}"
            request = httpx.Request(self.command, url, headers=list(self.headers.items()), content=content)
            response = marketplace.handle(request)
            self.send_response(response.status_code)
            for name, value in response.headers.multi_items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _do  # noqa: N815  http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--origin", required=True, help="the frontend's own address")
    options = parser.parse_args()
    marketplace = Marketplace(origin=options.origin)
    marketplace.add_user()
    for title in ("Nina at the Roundhouse", "Cup final, block C", "Philharmonic: Mahler 2"):
        marketplace.add_ticket(title=title)
    serve(marketplace, options.port).serve_forever()


if __name__ == "__main__":
    main()
