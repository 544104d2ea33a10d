"""`demo` and `demo --loop`: play the marketplace through its gateway and check every outcome."""

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial

from local_stack.console import errors, out
from local_stack.stack import Stack
from local_stack.supervisor.control_client import Supervision
from tests.load import scenarios
from tests.load.client import Away, Marketplace, Refusal
from tests.load.scenarios import Scenario, ScenarioFailed

#: A hold longer than this, in seconds, is shortened while a lapse is shown.
_BEARABLE = 60
_SHORT = 5
_QUIESCENCE = 90.0

SCENARIOS: dict[str, scenarios.Play] = {
    "buy": scenarios.buy,
    "decline": scenarios.decline,
    "cancel": scenarios.cancel,
}


def loop(stack: Stack, *, rounds: int | None) -> int:
    """Play until stopped, or for a number of rounds, and return the exit code. See `tests.load.demo_loop`."""
    from tests.load.demo_loop import loop

    return loop(stack, rounds=rounds)


def demo(stack: Stack) -> int:
    """Play each scenario once and return the exit code."""
    with new_scenario(stack) as scenario:
        shown = [_show(name, partial(play, scenario)) for name, play in SCENARIOS.items()]
        shown.append(_show("lapse", partial(_lapse, stack, scenario)))
        return 0 if all(shown) and agree(scenario) else 1


def _lapse(stack: Stack, scenario: Scenario) -> str:
    with short_hold(stack, _SHORT) as seconds:
        lapse = scenarios.begin_lapse(scenario)
        return scenarios.finish_lapse(scenario, lapse, hold_seconds=seconds)


def _show(name: str, play: Callable[[], str]) -> bool:
    started = time.monotonic()
    try:
        outcome = play()
    except (ScenarioFailed, Refusal, Away) as error:
        errors.print(f"[bold red]✗ {name:<8}[/] ", end="")
        errors.print(str(error), markup=False)
        return False
    out.print(f"[green]✓[/] {name:<8} {outcome} ({time.monotonic() - started:.1f} s)")
    return True


@contextlib.contextmanager
def short_hold(stack: Stack, seconds: int) -> Iterator[int]:
    """Let orders hold tickets for a short time only, and yield for how long; it is set back afterwards."""
    if stack.hold_seconds <= _BEARABLE:
        yield stack.hold_seconds
        return
    out.print(
        f"  (orders.web restarts with holds of {seconds} s instead of {stack.hold_seconds} s, and back after)"
    )
    with Supervision(stack).overriding("orders.web", {"ORDERS_HOLD_SECONDS": str(seconds)}):
        yield seconds


@contextlib.contextmanager
def new_scenario(stack: Stack) -> Iterator[Scenario]:
    """Yield a scenario of two new people. What they didn't sell is withdrawn afterwards."""
    with contextlib.closing(Marketplace(stack.url)) as market:
        scenario = Scenario.of_new_people(market, "demo")
        yield scenario
        scenario.clear()


def agree(scenario: Scenario) -> bool:
    """Wait until all services agree on everything that was played; print and return whether they do."""
    deadline = time.monotonic() + _QUIESCENCE
    while (found := scenarios.disagreements(scenario)) and time.monotonic() < deadline:
        time.sleep(1)
    for disagreement in found[:20]:
        errors.print(f"✗ {disagreement}", markup=False)
    if not found:
        out.print(
            f"[green]✓[/] all services agree on {len(scenario.orders)} orders"
            f" and {len(scenario.tickets)} tickets"
        )
    return not found
