"""Digests by which a step that was done can be skipped, so that the next `up` is quick."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from local_stack.stack import REPOSITORY, write_private
from local_stack.systems import System

_SHARED = ("local_stack", "shared_events", "service_defaults", "requirements")


def combined(texts: Iterable[str], places: Iterable[Path] = (), folders: Iterable[Path] = ()) -> str:
    """Return a digest of texts, of which files are at these places, and of the sources in these folders."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    for place in places:
        digest.update(_identity(place).encode() + b"\0")
    for folder in folders:
        for path in _source_files(folder):
            digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def of_code(system: System) -> str:
    """Return a digest of all code that a stack of this system runs, its own included."""
    folders = dict.fromkeys((*_SHARED, *system.folders, *(one.folder for one in system.services)))
    return combined((), (), [REPOSITORY / folder for folder in folders])


def _identity(place: Path) -> str:
    try:
        found = place.stat()
    except FileNotFoundError:
        return "absent"
    # A directory's times change with its content, so only its number counts.
    return f"{found.st_ino}:{0 if place.is_dir() else found.st_mtime_ns}"


def _source_files(folder: Path) -> list[Path]:
    found = (path for pattern in ("*.py", "*.txt") for path in folder.rglob(pattern))
    return sorted(path for path in found if "tests" not in path.parts)


class StepCache:
    """Which steps of a stack are done, and with what fingerprint."""

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / "done.json"

    def has(self, step: str, fingerprint: str) -> bool:
        """Return whether the step was last done with exactly this fingerprint."""
        return self._read().get(step) == fingerprint

    def add(self, step: str, fingerprint: str) -> None:
        """Remember that the step is done."""
        write_private(self._path, json.dumps(self._read() | {step: fingerprint}, indent=2))

    def _read(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads(self._path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return known
