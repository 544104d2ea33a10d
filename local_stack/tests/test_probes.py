"""A relay that renews its lease is ready."""

import asyncio
import os
import time
from pathlib import Path

from local_stack.supervisor.probes import HoldsLease, Sighting


def problem(file: Path) -> str | None:
    return asyncio.run(HoldsLease(file)(Sighting(log=file, log_offset=0, started=0.0)))


class TestHoldsLease:
    def test_is_well_while_the_lease_is_renewed(self, tmp_path: Path) -> None:
        (tmp_path / "lease").touch()
        assert problem(tmp_path / "lease") is None

    def test_is_not_well_without_a_lease(self, tmp_path: Path) -> None:
        assert problem(tmp_path / "lease") == "does not hold the relay's lease yet"

    def test_is_not_well_once_the_lease_has_run_out(self, tmp_path: Path) -> None:
        (tmp_path / "lease").touch()
        os.utime(tmp_path / "lease", (time.time() - 10,) * 2)
        assert problem(tmp_path / "lease") == "does not hold the relay's lease yet"
