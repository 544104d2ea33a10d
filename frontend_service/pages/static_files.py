"""Static files that browsers may cache for a year, because their URLs change with their contents."""

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class VersionedStaticFiles(StaticFilesStorage):
    """Adds a hash of the file's contents to its URL. Needs no collectstatic."""

    def url(self, name: str | None) -> str:
        """The file's URL with its version; raises ValueError where there is no such file."""
        return f"{super().url(name)}?v={_version(name or '')}"


@cache
def _version(name: str) -> str:
    found = finders.find(name)
    if not found:
        raise ValueError(f"there is no static file {name}")
    return hashlib.sha256(Path(str(found)).read_bytes()).hexdigest()[:12]
