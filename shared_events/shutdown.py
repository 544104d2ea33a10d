"""Whether this worker is shutting down: work that only waits for the database needn't hold it up."""

from celery.signals import worker_shutting_down

_requested = False


def watch() -> None:
    """Notice when Celery begins to shut this worker down."""
    worker_shutting_down.connect(_note, weak=False)


def is_requested() -> bool:
    """Return whether the worker shall stop."""
    return _requested


def _note(**_: object) -> None:
    global _requested  # noqa: PLW0603  set in a signal handler: an assignment takes no lock
    _requested = True
