"""`demo`: play the marketplace through its gateway and check every outcome."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial

from local_stack import scenarios
from local_stack.console import errors, out
from local_stack.control_client import Supervision
from local_stack.marketplace import Away, Marketplace, Person, Refusal
from local_stack.scenarios import Scenario, ScenarioFailed
from local_stack.stack import Stack

#: A hold longer than this, in seconds, is shortened while a lapse is shown.
_BEARABLE = 60
_SHORT = 5
_QUIESCENCE = 90.0

SCENARIOS: dict[str, Callable[[Scenario], str]] = {
    "buy": scenarios.buy,
    "decline": scenarios.decline,
    "cancel": scenarios.cancel,
}


def demo(stack: Stack) -> int:
    """Play each scenario once and return the exit code."""
    with scenario_people(stack) as scenario:
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
def scenario_people(stack: Stack) -> Iterator[Scenario]:
    """Yield a scenario with two people who have just signed up.

    What they didn't sell goes off sale after.
    """
    mark = secrets.token_hex(4)
    with contextlib.closing(Marketplace(stack.url)) as market:
        seller, buyer = (
            Person(market, f"demo-{role}-{mark}@example.com", secrets.token_urlsafe(12))
            for role in ("seller", "buyer")
        )
        for person in (seller, buyer):
            person.sign_up()
        scenario = Scenario(market, seller=seller, buyer=buyer)
        yield scenario
        scenario.clear()


def agree(scenario: Scenario) -> bool:
    """Wait until all services say the same about everything that was played, and tell how that went."""
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
