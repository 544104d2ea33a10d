"""What is known about a process, as `status` shows it."""

import time
from dataclasses import asdict, dataclass


def how_it_ended(code: int) -> str:
    """Return in words with which exit code, or by which signal, a process ended."""
    return f"ended with signal {-code}" if code < 0 else f"ended with code {code}"


@dataclass
class ProcessStatus:
    """What is known about a process, as `status` shows it. `since` is in epoch seconds.

    States: waiting, starting, running, unready, frozen, restarting, stopping, stopped; for steps done and
    failed. A frozen process is there and does nothing: a signal has stopped it, or it hangs.
    """

    name: str
    step: bool
    address: str = ""
    state: str = "waiting"
    pid: int | None = None
    since: float = 0.0
    restarts: int = 0
    #: Starts in a row that did not last.
    failures: int = 0
    detail: str = ""
    #: Why it was started again the last time.
    last_restart: str = ""
    #: Seconds since its last heartbeat; None where it shows none.
    heartbeat_age: float | None = None
    #: Why it isn't worth waiting until it is ready; empty while it is.
    hopeless: str = ""

    def becomes(self, state: str, detail: str = "") -> None:
        """Note a new state."""
        if state != self.state:
            self.state, self.since = state, time.time()
        self.detail = detail

    def as_dict(self) -> dict[str, object]:
        """Return it ready for JSON."""
        return asdict(self)
