import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError

from shared_events import heartbeat, shutdown
from shared_events.inbox import consumer
from shared_events.inbox.consumer import Batch

#: Seconds that a task may take here: long enough for a busy machine to beat in between.
LONGEST = 1.5


@pytest.fixture(autouse=True)
def _idle() -> Iterator[None]:
    heartbeat._busy_since.clear()
    yield
    heartbeat._busy_since.clear()


@pytest.fixture
def beat(tmp_path: Path) -> Path:
    """The file of a heart that beats fast and may be stuck for a while."""
    path = tmp_path / "beat"
    heartbeat.start(path, every=0.02, longest=LONGEST)
    return path


def _beats(path: Path, *, within: float = 10.0) -> bool:
    """Whether a file that was made old is touched again within some seconds."""
    os.utime(path, (0, 0))
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if path.stat().st_mtime > 0:
            return True
        time.sleep(0.01)
    return False


def _wait_until_stuck() -> None:
    while not heartbeat.is_stuck(LONGEST):
        time.sleep(0.01)


class TestHeartbeat:
    def test_begins_at_once_and_goes_on(self, beat: Path) -> None:
        assert beat.exists()
        assert _beats(beat)

    def test_stops_when_one_task_shows_no_life_and_comes_back_after_it(self, beat: Path) -> None:
        heartbeat._begin()
        assert _beats(beat)
        _wait_until_stuck()
        assert not _beats(beat, within=0.3)
        heartbeat._finish()
        assert _beats(beat)

    def test_outlives_a_disk_that_takes_nothing_for_a_while(self, tmp_path: Path) -> None:
        directory = tmp_path / "disk"
        directory.mkdir()
        heartbeat.start(directory / "beat", every=0.02, longest=LONGEST)
        away = directory.rename(tmp_path / "away")
        time.sleep(0.1)  # some beats that fail
        away.rename(directory)
        assert _beats(directory / "beat")

    def test_goes_on_in_a_task_that_shows_life(self, beat: Path) -> None:
        heartbeat._begin()
        _wait_until_stuck()
        heartbeat.beat()
        assert _beats(beat)


class TestWaitingForTheDatabase:
    def test_beats_and_ends_when_the_worker_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tries = []

        def away(batch: Batch, act: object) -> None:
            tries.append(dict(heartbeat._busy_since))
            if len(tries) == 3:
                shutdown._note()
            raise OperationalError("the server is away")

        monkeypatch.setattr(shutdown, "_requested", False)
        monkeypatch.setattr(consumer._BATCHES, "apply", away)
        with pytest.raises(OperationalError):
            consumer.receive(Batch(stream="note", events=[], previous_id=None, head=0))
        assert not tries[0]
        assert tries[1]
        assert len(tries) == 3
