"""What a process that runs for weeks does once it has loaded everything, so that no event waits for it."""

import gc
import sys

#: Seconds for which a thread keeps the interpreter while another wants it. Python's own 5 ms would be paid at
#: each answer from the database by a relay whose sweeps are busy.
SWITCH_INTERVAL = 0.0005


def freeze_gc() -> None:
    """Leave what is loaded out of garbage collection, and let threads take turns quickly."""
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_INTERVAL)
