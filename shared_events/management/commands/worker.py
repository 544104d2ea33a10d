"""`manage worker events|commands`: a Celery worker with the right queues, pool and settings."""

import logging
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from celery.signals import setup_logging, task_prerun
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections
from django.db.backends.signals import connection_created

from shared_events import heartbeat as beat
from shared_events import metrics, postgres, prepared, shutdown, time_limits
from shared_events.inbox import backfill, parking
from shared_events.inbox.subscriptions import followed_streams
from shared_events.process_tuning import freeze_gc
from shared_events.settings import event_settings
from shared_events.terminal import log_to_the_terminal
from shared_events.transport.app import celery_app, topology

#: Batches that the broker may have sent ahead: the next one needn't wait for the way there and back.
BATCHES_AHEAD = 8


class Command(BaseCommand):
    """Takes the place of `celery worker`, so that every deployment starts workers the same way."""

    help = "Run a Celery worker: `events` applies other services' events, `commands` works own tasks."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the role, and where to show life."""
        parser.add_argument("role", choices=["events", "commands"])
        parser.add_argument(
            "--heartbeat", type=Path, metavar="FILE", help="touch this file while all is well"
        )

    def handle(self, *args: Any, role: str, heartbeat: Path | None, **options: Any) -> None:
        """Run the worker until it receives SIGTERM or SIGINT.

        Raises CommandError when there is nothing to work on, and for an old Postgres.
        """
        log_to_the_terminal()
        queues = topology().for_worker(role)
        if not queues:
            raise CommandError(f"{event_settings().service} follows no stream, so it has no {role} worker")
        _connect_signals(role)
        shutdown.watch()
        if heartbeat is not None:
            # Before the first connection to the broker: a worker that waits for it is healthy.
            beat.start(heartbeat)
        try:
            postgres.wait_for_supported(threading.Event(), _prepare_events if role == "events" else _nothing)
        except postgres.UnsupportedPostgres as error:
            raise CommandError(str(error)) from error
        metrics.serve_as_configured(with_state=False)
        _run(role, [queue.name for queue in queues])


def _connect_signals(role: str) -> None:
    if role == "events":
        connection_created.connect(_prepare_for_batches, weak=False)
        _silence_task_logs()
    else:
        task_prerun.connect(_renew_connections, weak=False)
    # Django's LOGGING has configured logging already; Celery would replace it.
    setup_logging.connect(_keep_logging, weak=False)


def _run(role: str, queues: list[str]) -> NoReturn:
    worker = celery_app().Worker(
        hostname=f"{role}@{event_settings().service}",
        queues=queues,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        **_pool(role),
    )
    freeze_gc()
    worker.start()
    sys.exit(worker.exitcode)


def _pool(role: str) -> dict[str, Any]:
    # One batch at a time, in order, in this very process; commands wait for others and share a pool.
    if role == "events":
        return {"pool_cls": "solo", "concurrency": 1, "prefetch_multiplier": BATCHES_AHEAD}
    return {
        "pool_cls": "prefork",
        "concurrency": event_settings().command_concurrency,
        "task_time_limit": time_limits.COMMAND_SECONDS,
    }


def _prepare_events() -> None:
    backfill.begin_where_needed(followed_streams())
    parking.retry_newer_schemas()


def _nothing() -> None:
    pass


def _prepare_for_batches(connection: Any, **_: Any) -> None:
    prepared.enable(connection)
    with connection.cursor() as cursor:
        cursor.execute(time_limits.EVENT_TIMEOUTS)


def _silence_task_logs() -> None:
    """Leave out Celery's two lines for each task: what a batch changes is in the tables."""
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _renew_connections(**_: Any) -> None:
    """Drop what is too old or was cut off, as Django does before a request. Applying batches goes without."""
    close_old_connections()


def _keep_logging(**_: Any) -> None:
    pass
