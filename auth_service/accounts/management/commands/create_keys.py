"""`create_keys --directory D`: create the key files that tokens are signed and verified with."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from service_defaults.key_files import create_key_files


class Command(BaseCommand):
    """Writes what is missing of signing-key.pem (0600) and jwks.json; running it again changes nothing."""

    help = "Make the signing key and the public key set, where they are missing"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --directory, where the files go."""
        parser.add_argument("--directory", type=Path, required=True)

    def handle(self, *args: Any, directory: Path, **options: Any) -> None:
        """Create the files and print their paths."""
        for path in create_key_files(directory):
            self.stdout.write(str(path))
