import gc
import sys
from collections.abc import Iterator

import pytest

from shared_events.process_tuning import SWITCH_INTERVAL, freeze_gc


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    interval = sys.getswitchinterval()
    yield
    gc.unfreeze()
    sys.setswitchinterval(interval)


def test_leaves_what_is_loaded_out_of_collection_and_has_threads_take_turns_quickly() -> None:
    freeze_gc()
    assert gc.get_freeze_count() > 10_000
    assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL)
