"""The library's own processes at a terminal: where they log, and who runs them."""

import getpass
import logging


def log_to_the_terminal() -> None:
    """Show what is logged on stderr, unless the project's LOGGING has a handler for it.

    Django's own default shows nothing of a library in production: a relay would be silent.
    """
    ours = logging.getLogger("shared_events")
    if not ours.hasHandlers():
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def who() -> str:
    """Return who runs this process, to be kept with what they decide."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"
