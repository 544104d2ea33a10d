"""Prometheus's own checker of rules: where it is, and how to get it."""

import shutil
from pathlib import Path

INSTALL_COMMAND = "apt-get install -y --no-install-recommends prometheus"


def find_promtool() -> Path | None:
    """Return the program, None where it isn't installed."""
    found = shutil.which("promtool")
    return Path(found) if found else None


def missing() -> str:
    """Return how to get it, empty where it is there."""
    return "" if find_promtool() else f"promtool isn't installed: {INSTALL_COMMAND}"
