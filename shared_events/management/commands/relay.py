"""`manage relay`: carry this service's events and commands to the broker, and run its sweeps."""

import logging
import signal
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared_events import heartbeat as beat
from shared_events import metrics, postgres, sweeps
from shared_events.ids import uuid7
from shared_events.outbox.relay import Relay
from shared_events.process_tuning import freeze_gc
from shared_events.settings import event_settings
from shared_events.terminal import log_to_the_terminal

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs until it receives SIGTERM or SIGINT."""

    help = "Publish this service's events and commands, and run its sweeps. One relay is active per service."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to show life, and the lease."""
        parser.add_argument(
            "--heartbeat", type=Path, metavar="FILE", help="touch this file while all is well"
        )
        parser.add_argument(
            "--lease-file", type=Path, metavar="FILE", help="touch this file while it holds the lease"
        )

    def handle(self, *args: Any, heartbeat: Path | None, lease_file: Path | None, **options: Any) -> None:
        """Run the relay in this thread and the sweeps in another. Raises CommandError for an old Postgres."""
        log_to_the_terminal()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if heartbeat is not None:
            beat.start(heartbeat)
        try:
            postgres.wait_for_supported(stop)
        except postgres.UnsupportedPostgres as error:
            raise CommandError(str(error)) from error
        metrics.serve_as_configured(with_state=True)
        freeze_gc()
        relay = Relay(holder=uuid7())
        relay.lease.file = lease_file
        sweeper = threading.Thread(
            target=sweeps.run, args=(stop, relay.lease.is_away), name="sweeps", daemon=True
        )
        sweeper.start()
        logger.info("relay@%s ready.", event_settings().service)
        relay.run(stop)
        sweeper.join(timeout=10)
