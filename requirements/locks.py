"""The lock files, and whether they carry the hashes of every file of a release.

Standard library only: the bootstrap needs it first. `python -m requirements.locks` checks them.
"""

import importlib.metadata
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent
#: Each holds everything that the ones before it hold.
LOCKS = ("run", "test", "browser", "dev")
#: Where every locked package must install: these Pythons on these platforms, as uv calls them.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin")

_PIN = re.compile(r"^([\w.-]+)==(\S+)(.*)")


@dataclass(frozen=True)
class Pin:
    """One package of a lock file. `conditional`: it is not for every Python or platform."""

    name: str
    version: str
    hashes: int
    conditional: bool


def path_of(lock: str) -> Path:
    """Return a lock file by its name."""
    return REQUIREMENTS / f"{lock}.txt"


def pins(text: str) -> list[Pin]:
    """Return the packages of a lock file's text."""
    found: list[Pin] = []
    # A backslash joins the lines of one package.
    for line in text.replace("\\\n", " ").splitlines():
        if match := _PIN.match(line):
            name, version, rest = match.groups()
            found.append(Pin(name, version, hashes=rest.count("--hash="), conditional=";" in rest))
    return found


def tags_of(package: str) -> list[str] | None:
    """Return the tags of the wheel that a package was installed from, None where it isn't installed."""
    try:
        wheel = importlib.metadata.distribution(package).read_text("WHEEL") or ""
    except importlib.metadata.PackageNotFoundError:
        return None
    return re.findall(r"^Tag: (\S+)", wheel, re.MULTILINE)


def incomplete(text: str, tags: Callable[[str], Sequence[str] | None] = tags_of) -> Iterator[str]:
    """Yield, in words, each package of a lock file's text that has fewer hashes than its release has files.

    A package that has a file for each platform, or for each platform and Python, must have at least so many.
    """
    for pin in pins(text):
        least = _least(tags(pin.name) or [])
        if pin.hashes < least:
            yield f"{pin.name} {pin.version} has {pin.hashes} of at least {least} hashes"


def _least(tags: Sequence[str]) -> int:
    """Return how many files a release has at least, by the tags of one of them."""
    if all(tag.endswith("-any") for tag in tags):
        return 1
    for_one_python = all(re.fullmatch(r"cp\d+-cp\d+t?-.*", tag) for tag in tags)
    return len(PLATFORMS) * (len(PYTHONS) if for_one_python else 1)


def main() -> int:
    """Check every lock file, print what is wrong, and return the exit code."""
    found = [
        f"requirements/{lock.name}: {fault}"
        for lock in sorted(REQUIREMENTS.glob("*.txt"))
        for fault in incomplete(lock.read_text())
    ]
    for fault in found:
        print(fault)
    if found:
        print("Where the hash of a file is missing, installing it is refused. Lock again: requirements/lock")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
