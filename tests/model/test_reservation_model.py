"""The reservation protocol, checked in every order of events that it allows; and without its guards."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).with_name("reservation.pml")
INSTALL = "apt-get install -y spin gcc"

#: Bounds of one verification, which takes a second or two. The verifier's words for having gone past them
#: are those that `finds_nothing` looks for.
MEGABYTES, DEPTH, SECONDS = 1024, 100_000, 100

PAID_OR_FREED = "a_held_ticket_is_paid_or_freed"
CAPTURED_OR_VOIDED = "an_authorized_payment_is_captured_or_voided"

# Where nobody watches, a check that silently never runs would be a lie.
pytestmark = pytest.mark.skipif(
    (shutil.which("spin") is None or shutil.which("gcc") is None) and os.environ.get("CI") != "true",
    reason=f"the model checker isn't installed: {INSTALL}",
)


def verify(directory: Path, *without: str, liveness: str = "") -> str:
    """Let spin make a verifier of the model and run it; return what it reports.

    Without a property of liveness by name it checks the assertions, and that nothing is stuck.
    """
    removed = [f"-D{guard}" for guard in without]
    _run(directory, "spin", *removed, *(["-DLIVENESS"] if liveness else []), "-a", str(MODEL))
    # Weak fairness costs a copy of the states per process; NFAIR has room for them.
    kind = ["-DNFAIR=4"] if liveness else ["-DSAFETY"]
    _run(directory, "gcc", "-O1", "-w", f"-DMEMLIM={MEGABYTES}", *kind, "-o", "verifier", "pan.c")
    claim = ["-a", "-f", "-N", liveness] if liveness else []
    return _run(directory, "./verifier", f"-m{DEPTH}", *claim)


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


class TestTheReservation:
    def test_is_safe(self, tmp_path: Path) -> None:
        report = verify(tmp_path)
        assert finds_nothing(report), report

    @pytest.mark.parametrize("liveness", [PAID_OR_FREED, CAPTURED_OR_VOIDED])
    def test_comes_to_an_end(self, liveness: str, tmp_path: Path) -> None:
        report = verify(tmp_path, liveness=liveness)
        assert finds_nothing(report), report

    @pytest.mark.parametrize("check", ["NO_RELEASE_ID", "NO_RELEASE_POSITION"])
    def test_is_safe_with_one_of_the_two_checks_of_a_release(self, check: str, tmp_path: Path) -> None:
        report = verify(tmp_path, check)
        assert finds_nothing(report), report


class TestWithoutAGuard:
    @pytest.mark.parametrize(
        "guards",
        [
            ("NO_UNIQUE_INDEX",),
            ("NO_STATUS_CHECK",),
            ("NO_POSITION",),
            ("NO_RELEASE_ID", "NO_RELEASE_POSITION"),
            ("NO_GOAL",),
        ],
        ids="+".join,
    )
    def test_the_reservation_is_unsafe(self, guards: tuple[str, ...], tmp_path: Path) -> None:
        report = verify(tmp_path, *guards)
        assert "errors: 1" in report
        assert "assertion violated" in report

    @pytest.mark.parametrize(
        ("guard", "liveness"), [("NO_EXPIRY", PAID_OR_FREED), ("NO_VOIDING", CAPTURED_OR_VOIDED)]
    )
    def test_the_reservation_never_ends(self, guard: str, liveness: str, tmp_path: Path) -> None:
        report = verify(tmp_path, guard, liveness=liveness)
        assert "errors: 1" in report
        assert "acceptance cycle" in report
