"""Where the library's own processes log when the project has said nothing about it."""

import logging


def log_to_the_terminal() -> None:
    """Show what is logged on stderr, unless the project's LOGGING has a handler for it.

    Django's own default shows nothing of a library in production: a relay would be silent.
    """
    ours = logging.getLogger("shared_events")
    if not ours.hasHandlers():
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
