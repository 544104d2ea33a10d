"""Running spin: it makes a verifier of a model, which looks at every state that the model can reach."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

#: Bounds of one verification. The verifier's words for having gone past the first two are those that
#: `finds_nothing` looks for.
MEGABYTES, DEPTH, SECONDS = 2048, 200_000, 200

#: What a verifier looks for beside false assertions and what is stuck: the compiler's flags, its own.
ONLY_SAFETY = (("-DSAFETY",), ())
#: Cycles: every run shall end.
ENDLESS_RUNS = (("-DNP",), ("-l",))

# In CI, a check that is always skipped would look as if it passed.
needs_spin = pytest.mark.skipif(
    (shutil.which("spin") is None or shutil.which("gcc") is None) and os.environ.get("CI") != "true",
    reason="the model checker isn't installed: apt-get install -y spin gcc",
)


def that_property(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what has a verifier look for cycles, however fair, on which a property by name is false."""
    # Weak fairness costs a copy of the states per process; NFAIR has room for them.
    return ("-DNFAIR=4",), ("-a", "-f", "-N", name)


def verify(
    model: Path,
    directory: Path,
    *macros: str,
    looks_for: tuple[tuple[str, ...], tuple[str, ...]] = ONLY_SAFETY,
    optimize: str = "-O1",
) -> str:
    """Make a verifier of a model, with some macros defined, and run it; return what it reports."""
    compiled, options = looks_for
    _run(directory, "spin", *(f"-D{macro}" for macro in macros), "-a", str(model))
    limits = (f"-DMEMLIM={MEGABYTES}", "-DCOLLAPSE")
    _run(directory, "gcc", optimize, "-w", *limits, *compiled, "-o", "verifier", "pan.c")
    return _run(directory, "./verifier", f"-m{DEPTH}", *options)


def finds_nothing(report: str) -> bool:
    """Return whether the verifier saw every state there is, and no error."""
    is_complete = "Search not completed" not in report and "max search depth too small" not in report
    return "errors: 0" in report and is_complete


def _run(directory: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
