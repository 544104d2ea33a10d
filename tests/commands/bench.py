"""Measure, on a stack of its own; prints figures and whether they keep what is said."""

import argparse
import importlib

from local_stack.arguments import add_broker, positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to measure, and how much of it."""
    parser.add_argument(
        "what",
        choices=("events", "expiry", "accounts", "pages", "telemetry"),
        help="events: what an event costs on its way, against plain Celery and a raw round trip; "
        "expiry: how late the ticket of a lapsed hold is free; "
        "accounts: how long what was revoked is still served; "
        "pages: how fast and steady each page is in Chromium, and how often it requests the APIs; "
        "telemetry: what the metrics cost a hold",
    )
    add_broker(parser)

    def number(name: str, what: str, default: int, help: str) -> None:
        parser.add_argument(name, type=positive, default=default, help=f"{what}: {help} (default {default})")

    number("--events", "events", 100_000, "how many in a round")
    number("--rounds", "events", 3, "how many")
    parser.add_argument(
        "--held-minutes", type=float, default=10, help="events: how long a snapshot is held (default 10)"
    )
    number("--holds", "expiry", 10_000, "how many holds")
    number("--accounts", "accounts", 50, "how many sign-outs and suspensions")
    number("--tickets", "pages", 10_000, "how many are listed")
    number("--loads", "pages", 5, "how often each page is loaded")
    number("--requests", "telemetry", 1_000, "how many holds are compared")


def lock_of(options: argparse.Namespace) -> str:
    """Return the lock with Chromium's driver for the pages."""
    return "browser" if options.what == "pages" else "run"


def run(options: argparse.Namespace) -> int:
    """Measure it: each benchmark is a module of `tests.bench` with a `bench(options)`."""
    return int(importlib.import_module(f"tests.bench.{options.what}").bench(options))
