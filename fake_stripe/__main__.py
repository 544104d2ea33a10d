"""Run the fake Stripe: `python -m fake_stripe --help`."""

import argparse
import logging
from pathlib import Path

from aiohttp import web
from localstripe import resources

from fake_stripe import corrections
from fake_stripe.challenge import Challenge, skip_authentication
from fake_stripe.faults import Faults, fault_middleware
from fake_stripe.middleware import make_middleware
from fake_stripe.store import FileStore
from fake_stripe.webhooks import Webhooks


def make_app(*, file: Path, webhook_url: str, webhook_secret: str, origin: str) -> web.Application:
    """Return localstripe's application, corrected, with its store in `file`.

    `origin` is the URL by which a buyer's browser reaches it.
    """
    store = resources.store
    store.__class__ = FileStore
    store.open(file)
    faults = Faults()
    resources.schedule_webhook = Webhooks(webhook_url, webhook_secret, faults).schedule
    corrections.correct(origin)
    # Imported last: the import binds the routes that were just corrected.
    from localstripe import server

    app: web.Application = server.app
    app.middlewares[:0] = (skip_authentication, fault_middleware(faults), make_middleware(store))
    faults.serve(app)
    Challenge(store).serve(app)
    return app


def main() -> None:
    """Serve until stopped; on the loopback address unless `--host` names another."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    options.store.parent.mkdir(parents=True, exist_ok=True)
    app = make_app(
        file=options.store,
        webhook_url=options.webhook_url,
        webhook_secret=options.webhook_secret,
        origin=options.origin or f"http://127.0.0.1:{options.port}",
    )
    web.run_app(app, host=options.host, port=options.port, shutdown_timeout=1, print=None, access_log=None)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fake_stripe", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--origin", help="URL by which a buyer's browser reaches it (default: 127.0.0.1)")
    parser.add_argument("--store", type=Path, required=True, help="SQLite file that holds the store")
    parser.add_argument("--webhook-url", required=True, help="URL that receives Stripe's events")
    parser.add_argument("--webhook-secret", required=True, help="key that signs the events (whsec_…)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
