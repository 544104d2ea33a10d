"""What a project that has a Celery app of its own must know, said by Django's system check."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info


def check_celery_settings(**_: Any) -> list[CheckMessage]:
    """Say that the library's own Celery app reads no `CELERY_…` settings, where there are some."""
    names = sorted(name for name in dir(settings) if name.startswith("CELERY_"))
    if not names:
        return []
    return [
        Info(
            f"{', '.join(names)}: the Celery app of shared_events, which runs in `manage relay` and `manage "
            "worker`, doesn't read these. They count for an app of your own.",
            hint='Keep both side by side; see "Beside a Celery app of your own" in shared_events\' README.',
            id="shared_events.I001",
        )
    ]
