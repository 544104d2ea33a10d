"""The reservation protocol, checked in every order of events that it allows; and without its guards."""

from pathlib import Path

import pytest

from tests.model import spin

MODEL = Path(__file__).with_name("reservation.pml")

PAID_OR_FREED = "a_held_ticket_is_paid_or_freed"
CAPTURED_OR_VOIDED = "an_authorized_payment_is_captured_or_voided"

pytestmark = spin.needs_spin


def verify(directory: Path, *without: str, liveness: str = "") -> str:
    """Return what the verifier reports of the model without some guards.

    Without a property of liveness by name it checks the assertions, and that nothing is stuck.
    """
    if liveness:
        return spin.verify(MODEL, directory, "LIVENESS", *without, looks_for=spin.that_property(liveness))
    return spin.verify(MODEL, directory, *without)


class TestTheReservation:
    def test_is_safe(self, tmp_path: Path) -> None:
        report = verify(tmp_path)
        assert spin.finds_nothing(report), report

    @pytest.mark.parametrize("liveness", [PAID_OR_FREED, CAPTURED_OR_VOIDED])
    def test_comes_to_an_end(self, liveness: str, tmp_path: Path) -> None:
        report = verify(tmp_path, liveness=liveness)
        assert spin.finds_nothing(report), report

    @pytest.mark.parametrize("check", ["NO_RELEASE_ID", "NO_RELEASE_POSITION"])
    def test_is_safe_with_one_of_the_two_checks_of_a_release(self, check: str, tmp_path: Path) -> None:
        report = verify(tmp_path, check)
        assert spin.finds_nothing(report), report


@pytest.mark.long
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
