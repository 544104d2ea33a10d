"""`demo --loop`: play round after round while parts come and go, then check that all services agree."""

import contextlib
import itertools
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType

from local_stack.console import errors, out
from local_stack.stack import Stack
from tests.load import scenarios
from tests.load.client import Away, Refusal
from tests.load.demo import SCENARIOS, agree, new_scenario, short_hold
from tests.load.scenarios import Lapse, Scenario, ScenarioFailed, Stopped

#: Seconds that a hold lasts meanwhile: long enough to outlive the restart of a part that was killed.
_HOLD = 20
_PATIENCE = 90.0


def loop(stack: Stack, *, rounds: int | None) -> int:
    """Play until stopped, or for a number of rounds; return the exit code.

    Parts may be killed meanwhile: what fails in passing is tried again, as any client would.
    """
    with (
        _until_signalled() as stopped,
        short_hold(stack, _HOLD) as hold_seconds,
        new_scenario(stack) as scenario,
    ):
        scenario.patience, scenario.stopping = _PATIENCE, stopped
        played = DemoLoop(scenario, hold_seconds)
        for number in itertools.count(1) if rounds is None else range(1, rounds + 1):
            if stopped():
                break
            played.play_round(number)
        scenario.stopping = lambda: False
        played.finish_lapses(everything=True)
        agreed = agree(scenario)
    out.print(played.in_words())
    return 0 if agreed and not played.failures else 1


class DemoLoop:
    """The rounds of a loop, and how they went."""

    def __init__(self, scenario: Scenario, hold_seconds: int) -> None:
        self.failures = 0
        self._scenario, self._hold_seconds = scenario, hold_seconds
        self._lapses: list[Lapse] = []
        self._outcomes: Counter[str] = Counter()

    def play_round(self, number: int) -> None:
        """Play every scenario once, and check the holds that should have lapsed by now."""
        started, before = time.monotonic(), Counter(self._outcomes)
        self._play("hold", lambda: self._lapses.append(scenarios.begin_lapse(self._scenario)))
        for name, scenario in SCENARIOS.items():
            self._play(name, partial(scenario, self._scenario))
        self.finish_lapses()
        went = ", ".join(f"{count} {name}" for name, count in (self._outcomes - before).items())
        took = time.monotonic() - started
        out.print(f"round {number}: {went} ({took:.1f} s; {self._scenario.retries} retries so far)")

    def finish_lapses(self, *, everything: bool = False) -> None:
        """Check the holds that should have lapsed by now, or wait for all of them."""
        due = [one for one in self._lapses if everything or time.monotonic() - one.made > self._hold_seconds]
        for lapse in due:
            self._lapses.remove(lapse)
            self._play("lapse", partial(self._finish, lapse))

    def in_words(self) -> str:
        """Return one line about all of it."""
        went = ", ".join(f"{count} {name}" for name, count in self._outcomes.items())
        return f"In all: {went}; {self._scenario.retries} retries, {self.failures} failures."

    def _finish(self, lapse: Lapse) -> None:
        scenarios.finish_lapse(self._scenario, lapse, hold_seconds=self._hold_seconds)

    def _play(self, name: str, scenario: Callable[[], object]) -> None:
        try:
            scenario()
        except Stopped:
            return
        except (ScenarioFailed, Refusal, Away) as error:
            if self._last_hold_lapsed():
                name = f"{name} cut short by its hold's end"
            else:
                self.failures += 1
                errors.print(f"{name}: {error}", markup=False)
                return
        self._outcomes[name] += 1

    def _last_hold_lapsed(self) -> bool:
        """Return whether a scenario failed only because its hold ran out while a part was away."""
        try:
            last = self._scenario.buyer.order(self._scenario.orders[-1]) if self._scenario.orders else {}
        except (Refusal, Away):
            return False
        return last.get("cancelReason") == "expired"


@contextlib.contextmanager
def _until_signalled() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether Ctrl-C or SIGTERM has come. A second one interrupts at once."""
    seen: list[int] = []

    def remember(signum: int, frame: FrameType | None) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(signum)
        out.print("Stopping after this scenario; then everything is checked.")

    before = {signum: signal.signal(signum, remember) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(seen)
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
