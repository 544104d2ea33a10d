"""Prometheus and its checker of rules: where they are, and how to get them."""

import shutil
from pathlib import Path

INSTALL_COMMAND = "apt-get install -y --no-install-recommends prometheus"


def find_prometheus() -> Path | None:
    """Return the server, None where it isn't installed."""
    found = shutil.which("prometheus")
    return Path(found) if found else None


def find_promtool() -> Path | None:
    """Return the program, None where it isn't installed."""
    found = shutil.which("promtool")
    return Path(found) if found else None


def missing(*, server: bool = False) -> str:
    """Return how to get promtool, and the `server` where it is needed, empty where they are there."""
    if find_promtool() is None:
        return f"promtool isn't installed: {INSTALL_COMMAND}"
    return "" if find_prometheus() or not server else f"Prometheus isn't installed: {INSTALL_COMMAND}"
