"""The bus between two services, checked in every order of its steps and faults; and without its guards."""

from pathlib import Path

import pytest

from tests.model import spin

MODEL = Path(__file__).with_name("bus.pml")

pytestmark = spin.needs_spin

#: What a verifier says of a run that comes to a bad end, or to none.
FALSE, STUCK, ENDLESS = "assertion violated", "invalid end state", "non-progress cycle"


def verify(directory: Path, *macros: str, optimize: str = "-O1") -> str:
    """Return what the verifier reports of the model: false assertions, what is stuck, and endless runs."""
    return spin.verify(MODEL, directory, *macros, looks_for=spin.ENDLESS_RUNS, optimize=optimize)


class TestTheBus:
    @pytest.mark.parametrize(
        "macros",
        [
            ("ONLY_PUBLISHER", "FAULTS=2"),
            ("ONLY_SUBSCRIBER", "FAULTS=0"),
            # Each of these guards has another behind it.
            ("ONLY_PUBLISHER", "NO_UNIQUE_POSITION"),
            ("ONLY_PUBLISHER", "NO_FENCE_ON_MARK"),
            ("ONLY_PUBLISHER", "NO_FORWARD_MARK"),
            ("ONLY_PUBLISHER", "NO_FENCE", "ANY_END"),
        ],
        ids="+".join,
    )
    def test_is_safe_and_comes_to_an_end(self, macros: tuple[str, ...], tmp_path: Path) -> None:
        report = verify(tmp_path, *macros)
        assert spin.finds_nothing(report), report

    @pytest.mark.long
    @pytest.mark.timeout(2 * spin.SECONDS)
    @pytest.mark.parametrize(
        "macros",
        [
            ("ONLY_PUBLISHER", "FAULTS=3"),
            ("ONLY_SUBSCRIBER", "FAULTS=1"),
            ("REPLACED_LOG", "FAULTS=0"),
            ("RELAYS=1", "WORKERS=1", "FAULTS=0"),
        ],
        ids="+".join,
    )
    def test_is_safe_and_comes_to_an_end_in_more_runs(self, macros: tuple[str, ...], tmp_path: Path) -> None:
        report = verify(tmp_path, *macros)
        assert spin.finds_nothing(report), report


@pytest.mark.long
class TestWithoutAGuard:
    @pytest.mark.parametrize(
        ("guards", "found"),
        [
            (("NO_FENCE",), FALSE),
            (("NO_FENCE", "NO_UNIQUE_POSITION", "ANY_END"), FALSE),
            (("NO_FENCE_ON_MARK", "NO_FORWARD_MARK"), FALSE),
            (("READ_BY_ID",), FALSE),
            (("MARK_UNCONFIRMED",), FALSE),
        ],
    )
    def test_a_publisher_fails(self, guards: tuple[str, ...], found: str, tmp_path: Path) -> None:
        report = verify(tmp_path, "ONLY_PUBLISHER", *guards, optimize="-O0")
        assert found in report

    @pytest.mark.parametrize(
        ("guard", "found"),
        [
            ("NO_LOCK", FALSE),
            ("NO_CURSOR_CHECK", FALSE),
            ("CURSOR_OUTSIDE", FALSE),
            ("NO_GAP_CHECK", FALSE),
            ("NO_PARKING", ENDLESS),
            ("NO_BLOCKING", FALSE),
            ("NO_HANDING_ON", FALSE),
            ("DISCARD_UNLOCKED", FALSE),
            ("NO_ATTEMPT", ENDLESS),
            ("GAP_PROVES", ENDLESS),
            ("NO_REDRIVE_ATTEMPT", ENDLESS),
            ("REDRIVE_IN_RELAY", ENDLESS),
            ("RELAY_WAITS", STUCK),
            ("NO_TIMER", FALSE),
            ("NO_TIME_OUT", FALSE),
        ],
    )
    def test_a_subscriber_fails(self, guard: str, found: str, tmp_path: Path) -> None:
        report = verify(tmp_path, "ONLY_SUBSCRIBER", guard, optimize="-O0")
        assert found in report

    def test_a_log_that_was_replaced_is_mixed_with_the_one_before(self, tmp_path: Path) -> None:
        report = verify(tmp_path, "REPLACED_LOG", "FAULTS=0", "NO_PREVIOUS_ID", optimize="-O0")
        assert FALSE in report
