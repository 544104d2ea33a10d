#!/usr/bin/env python3
"""The front door: `./manage_all.py up` and everything else that `./manage_all.py --help` lists.

Needs nothing but Python 3.11 or newer. It has `requirements.bootstrap` make `.venv` with what the command
needs, and hands over to `local_stack` inside it. Old Pythons can parse it, and it says what to install.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
INTERRUPTED = 130


def main() -> None:
    """Check the command line, see to the environment, and become `local_stack`."""
    refuse_old_python()
    try:
        python = prepare()
        os.chdir(ROOT)
        # Kept back until `local_stack` can take it: a Python that is only starting answers with a traceback.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        os.execve(python, [python, "-m", "local_stack", *sys.argv[1:]], environment(python))  # noqa: S606
    except KeyboardInterrupt:
        # A second one would be answered with a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        sys.exit(INTERRUPTED)


def refuse_old_python() -> None:
    """Say what to install where Python is too old."""
    if sys.version_info < OLDEST:
        have = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(
            f"This is Python {have}; the marketplace needs 3.11 or newer.\n"
            "  macOS:          brew install python@3.13, then: python3.13 manage_all.py …\n"
            "  Debian, Ubuntu: apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04 or newer)"
        )


def prepare() -> str:
    """Return the Python of an environment with all that the command line needs. Errors end the program."""
    # What is imported here is little, and should leave nothing in the source tree.
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(ROOT))
    from local_stack.cli import lock_of, parser
    from requirements import bootstrap

    # The parser speaks before anything is installed: it answers --help and refuses typing errors.
    bootstrap.prepare(lock_of(parser().parse_args()))
    return str(bootstrap.PYTHON)


def environment(python: str) -> dict[str, str]:
    """Return the environment, in which compiled Python goes into `.venv` and not beside the sources."""
    return {"PYTHONPYCACHEPREFIX": str(Path(python).parent.parent / "pycache"), **os.environ}


if __name__ == "__main__":
    main()
