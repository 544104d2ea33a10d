"""`demo`: play the marketplace through its gateway and check every outcome."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial

from local_stack import scenes
from local_stack.control import Supervision
from local_stack.marketplace import Away, Marketplace, Person, Refusal
from local_stack.scenes import NotAsSaid, Stage
from local_stack.screen import errors, out
from local_stack.stack import Stack

#: A hold longer than this, in seconds, is shortened while a lapse is shown.
_BEARABLE = 60
_SHORT = 5
_QUIESCENCE = 90.0

SCENES: dict[str, Callable[[Stage], str]] = {
    "buy": scenes.buy,
    "decline": scenes.decline,
    "cancel": scenes.cancel,
}


def demo(stack: Stack) -> int:
    """Play each scene once and return the exit code."""
    with on_stage(stack) as stage:
        shown = [_show(name, partial(play, stage)) for name, play in SCENES.items()]
        shown.append(_show("lapse", partial(_lapse, stack, stage)))
        return 0 if all(shown) and agree(stage) else 1


def _lapse(stack: Stack, stage: Stage) -> str:
    with short_hold(stack, _SHORT) as seconds:
        lapse = scenes.begin_lapse(stage)
        return scenes.finish_lapse(stage, lapse, hold_seconds=seconds)


def _show(name: str, play: Callable[[], str]) -> bool:
    started = time.monotonic()
    try:
        outcome = play()
    except (NotAsSaid, Refusal, Away) as error:
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
def on_stage(stack: Stack) -> Iterator[Stage]:
    """Yield a stage with two people who have just signed up; what they didn't sell leaves the shelf after."""
    mark = secrets.token_hex(4)
    with contextlib.closing(Marketplace(stack.url)) as market:
        seller, buyer = (
            Person(market, f"demo-{role}-{mark}@example.com", secrets.token_urlsafe(12))
            for role in ("seller", "buyer")
        )
        for person in (seller, buyer):
            person.sign_up()
        stage = Stage(market, seller=seller, buyer=buyer)
        yield stage
        stage.clear()


def agree(stage: Stage) -> bool:
    """Wait until all services say the same about everything that was played, and tell how that went."""
    deadline = time.monotonic() + _QUIESCENCE
    while (found := scenes.disagreements(stage)) and time.monotonic() < deadline:
        time.sleep(1)
    for disagreement in found[:20]:
        errors.print(f"✗ {disagreement}", markup=False)
    if not found:
        out.print(
            f"[green]✓[/] all services agree on {len(stage.orders)} orders and {len(stage.tickets)} tickets"
        )
    return not found
