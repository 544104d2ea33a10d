"""`rotate_keys --directory D`: sign with a new key, while tokens of the old one stay valid."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from service_defaults import key_files

_STEPS = ("publish", "sign", "drop")
_EXPOSED = "the old key may be exposed: drop it at once (every user signs in again)"


class Command(BaseCommand):
    """Publishes the next key, waits until every service has read it, signs with it; drops expired keys."""

    help = "Change the signing key without signing any user out"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the directory of the keys, and which step to run."""
        parser.add_argument("--directory", type=Path, required=True, help="where create_keys made the files")
        parser.add_argument(
            "--wait",
            type=float,
            default=10,
            metavar="SECONDS",
            help="how long services may take to read the public set (default 10; they look every 5)",
        )
        parser.add_argument(
            "--step",
            choices=_STEPS,
            help="do this one alone, where the files must be handed on to the services in between",
        )
        parser.add_argument("--exposed", action="store_true", help=_EXPOSED)

    def handle(
        self, *args: Any, directory: Path, wait: float, step: str | None, exposed: bool, **options: Any
    ) -> None:
        """Run the steps and print the ids of the keys."""
        try:
            if step in {None, "publish"}:
                self.stdout.write(f"published {key_files.publish_next_key(directory)}")
            if step is None:
                time.sleep(wait)
            if step in {None, "sign"}:
                self.stdout.write(f"signing with {key_files.sign_with_next_key(directory)}")
            if step in {None, "drop"}:
                self._drop(directory, exposed=exposed)
        except (OSError, ValueError, key_files.NoNextKey) as error:
            raise CommandError(f"The keys in {directory} can't be changed: {error}") from None

    def _drop(self, directory: Path, *, exposed: bool) -> None:
        # Refresh tokens are the longest valid tokens.
        valid_for = 0 if exposed else settings.AUTH_REFRESH_SECONDS
        for kid in key_files.drop_retired_keys(directory, after_seconds=valid_for):
            self.stdout.write(f"dropped {kid}")
