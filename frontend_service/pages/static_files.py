"""Static files that browsers may keep for a year, because their addresses change with their contents."""

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class VersionedStaticFiles(StaticFilesStorage):
    """Adds a hash of the file's contents to its address. Needs no collecting beforehand."""

    def url(self, name: str | None) -> str:
        """The file's address, with its version; raises ValueError where there is no such file."""
        return f"{super().url(name)}?v={_version(name or '')}"


@cache
def _version(name: str) -> str:
    found = finders.find(name)
    if not found:
        raise ValueError(f"there is no static file {name}")
    return hashlib.sha256(Path(str(found)).read_bytes()).hexdigest()[:12]
