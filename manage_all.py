#!/usr/bin/env python3
"""The front door: `./manage_all.py up` and everything else that `./manage_all.py --help` lists.

Needs nothing but Python 3.11 or newer. It makes `.venv` from the lock file, again whenever the lock file
changes, and hands over to `local_stack` inside it. Old Pythons can parse it, to be told what to install.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK_FILE = ROOT / "requirements" / "dev.txt"
UV_LOCK_FILE = ROOT / "requirements" / "bootstrap.txt"
#: Says which lock file the environment was made from.
MARK = VENV / "installed-from"
OLDEST = (3, 11)


def main() -> None:
    """Check the command line, see to the environment, and become `local_stack`."""
    refuse_old_python()
    check_command_line()
    if not is_installed():
        refuse_without_ensurepip()
        with one_at_a_time():
            if not is_installed():
                install()
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", "local_stack", *sys.argv[1:]])  # noqa: S606 (no shell is wanted)


def refuse_old_python() -> None:
    """Say what to install where Python is too old."""
    if sys.version_info < OLDEST:
        have = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(
            f"This is Python {have}; the marketplace needs 3.11 or newer.\n"
            "  macOS:          brew install python@3.13, then: python3.13 manage_all.py …\n"
            "  Debian, Ubuntu: apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04 or newer)"
        )


def refuse_without_ensurepip() -> None:
    """Say what to install where Python can't make virtual environments, as on a bare Debian."""
    if importlib.util.find_spec("ensurepip") is None:
        sudo = "" if os.geteuid() == 0 else "sudo "
        sys.exit(
            "This Python can't make virtual environments: it lacks ensurepip.\n"
            f"On Debian and Ubuntu this mends it:\n\n  {sudo}apt-get install -y python3-venv\n"
        )


def check_command_line() -> None:
    """Let the parser speak before anything is installed: it answers --help and refuses typing errors."""
    sys.path.insert(0, str(ROOT))
    from local_stack.commands import parser

    parser().parse_args()


def is_installed() -> bool:
    """Return whether the environment works and was made from this very lock file."""
    try:
        return MARK.read_text() == wanted_mark() and PYTHON.exists()
    except OSError:
        return False


def wanted_mark() -> str:
    """Return what the mark says when the environment is up to date."""
    return hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest() + "\n"


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep a second command that starts meanwhile from installing into the same environment."""
    with LOCK_FILE.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install() -> None:
    """Make the environment: with uv, which takes seconds, or with pip where uv doesn't get on."""
    print("Installing what requirements/dev.txt locks into .venv …", flush=True)
    if not works(PYTHON, "-c", "import pip"):
        base = getattr(sys, "_base_executable", sys.executable)
        subprocess.run([base, "-m", "venv", "--clear", str(VENV)], check=True)
    if not install_with_uv() and not pip("--requirement", LOCK_FILE):
        sys.exit("The packages could not be installed; what pip said is above.")
    MARK.write_text(wanted_mark())


def install_with_uv() -> bool:
    """Return whether uv was to be had and did it."""
    if not pip("--requirement", UV_LOCK_FILE, quiet=True):
        return False
    uv = VENV / "bin" / "uv"
    options = ("--quiet", "--require-hashes", "--python", PYTHON, "--requirement", LOCK_FILE)
    if works(uv, "pip", "install", *options, environment={**os.environ, **uv_settings(pip_settings())}):
        return True
    print("uv could not do it; trying with pip, which takes a minute …", flush=True)
    return False


def pip(*arguments: str | Path, quiet: bool = False) -> bool:
    """Return whether pip installed what the arguments name; hashes are always checked."""
    options = ("--quiet", "--quiet", "--disable-pip-version-check", "--require-hashes")
    command = (PYTHON, "-m", "pip", "install", *options, *arguments)
    hidden = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, check=False, stdout=hidden, stderr=hidden).returncode == 0


def works(program: Path, *arguments: str | Path, environment: dict[str, str] | None = None) -> bool:
    """Return whether a program runs and ends well; what it prints is not shown."""
    try:
        done = subprocess.run(
            [program, *arguments],
            check=False, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0


def pip_settings() -> dict[str, str]:
    """Return pip's own configuration, from its files and its environment variables, by option name."""
    listing = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], check=False, stdout=subprocess.PIPE, universal_newlines=True
    ).stdout
    found = re.findall(r"^(:env:|global|install)\.([\w-]+)='(.*)'$", listing, re.MULTILINE)
    strength = {"global": 0, "install": 1, ":env:": 2}
    return {name: value for _, name, value in sorted(found, key=lambda one: strength[one[0]])}


def uv_settings(of_pip: dict[str, str]) -> dict[str, str]:
    """Return the environment that makes uv use the same places and certificates as pip would.

    All indexes count alike, as for pip: the lock file's hashes decide what may be installed.
    """
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_EXTRA_INDEX_URL",
        "find-links": "UV_FIND_LINKS",
        "no-index": "UV_NO_INDEX",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
    }
    values = {uv: of_pip[name] for name, uv in names.items() if of_pip.get(name)}
    if "UV_FIND_LINKS" in values:
        values["UV_FIND_LINKS"] = ",".join(values["UV_FIND_LINKS"].split())
    fixed = {
        "UV_SYSTEM_CERTS": "true",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    # What the user set for uv itself goes before what we deduce.
    return {name: value for name, value in {**fixed, **values}.items() if name not in os.environ}


if __name__ == "__main__":
    main()
