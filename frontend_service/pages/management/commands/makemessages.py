"""`makemessages -l de`: gather the shop's texts for a language, wherever it is called from."""

from contextlib import chdir
from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Django's own, but for the pages alone: their catalogues are in `pages/locale`."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Gather them."""
        with chdir(Path(__file__).parents[2]):
            super().handle(*args, **options)
