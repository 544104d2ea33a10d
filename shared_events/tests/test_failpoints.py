import signal
import subprocess
import sys
import time

import pytest

from shared_events import failpoints


@pytest.fixture(autouse=True)
def _disarmed() -> None:
    failpoints.arm("")


class TestArm:
    @pytest.mark.parametrize(
        ("setting", "message"),
        [
            ("relay.nowhere=kill:1", "there is no failpoint 'relay.nowhere'"),
            ("relay.sequenced=explode:1", "neither kill"),
            ("relay.sequenced=kill", "neither kill"),
            ("relay.sequenced=wait:often:1", "neither kill"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, setting: str, message: str) -> None:
        with pytest.raises(failpoints.CannotArm, match=message):
            failpoints.arm(setting)

    def test_arms_what_is_named_and_nothing_else(self) -> None:
        failpoints.arm("relay.sequenced=kill:0.5, deliver.uncommitted=wait:1:0")
        assert [point for point in failpoints.POINTS if failpoints.is_armed(point)] == [
            "relay.sequenced",
            "deliver.uncommitted",
        ]
        failpoints.arm("")
        assert not any(map(failpoints.is_armed, failpoints.POINTS))


class TestReach:
    def test_does_nothing_where_nothing_is_armed(self) -> None:
        failpoints.arm("relay.sequenced=kill:1")
        failpoints.reach("relay.confirmed")

    def test_waits(self) -> None:
        failpoints.arm("relay.sequenced=wait:1:0.05")
        began = time.monotonic()
        failpoints.reach("relay.sequenced")
        assert time.monotonic() - began >= 0.05

    def test_kills_the_process_at_once(self) -> None:
        code = (
            "from shared_events import failpoints\n"
            "failpoints.arm('relay.sequenced=kill:1')\n"
            "failpoints.reach('relay.sequenced')\n"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
