"""`makemessages -l de`: collect the pages' texts for a language, from any working directory."""

from contextlib import chdir
from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Django's command, limited to the pages, whose catalogues are in `pages/locale`."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect the texts."""
        with chdir(Path(__file__).parents[2]):
            super().handle(*args, **options)
