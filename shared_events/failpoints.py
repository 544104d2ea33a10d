"""Failpoints: named places at which a drill ends or delays this process: nothing may depend on its living.

They are armed by `EventSettings.failpoints`, such as `relay.unconfirmed=kill:0.05`, and cost one look at an
empty dict otherwise. A project must leave the setting empty in production.
"""

import os
import random
import signal
import time
from dataclasses import dataclass

#: Every failpoint, in the order in which an event meets them.
POINTS = (
    "record.uncommitted",  # the change and its event are written, nothing is committed
    "record.committed",  # committed, and the relay not yet woken
    "relay.sequenced",  # positions are given, nothing is published
    "relay.unconfirmed",  # published, and the broker has not answered
    "relay.confirmed",  # confirmed, and not yet marked as published
    "relay.command_sent",  # a command is sent, and its row still there
    "deliver.uncommitted",  # effects and cursor are written, nothing is committed
    "deliver.unacknowledged",  # committed, and the message not yet acknowledged
)


class CannotArm(ValueError):
    """The setting names a failpoint or an action that doesn't exist."""


@dataclass(frozen=True)
class _Action:
    name: str
    probability: float
    seconds: float = 0.0


_armed: dict[str, _Action] = {}


def arm(setting: str) -> None:
    """Arm what the setting says, and nothing else.

    It reads `point=kill:probability` or `point=wait:probability:seconds`, several separated by commas.
    Raises CannotArm.
    """
    _armed.clear()
    for part in filter(None, setting.split(",")):
        point, _, action = part.strip().partition("=")
        if point not in POINTS:
            raise CannotArm(f"there is no failpoint {point!r}; there are: {', '.join(POINTS)}")
        _armed[point] = _parse(action)


def reach(point: str) -> None:
    """Do what is armed at this point, if anything is."""
    if _armed:
        _act(point)


def is_armed(point: str) -> bool:
    """Return whether something may happen at this point."""
    return point in _armed


def _parse(text: str) -> _Action:
    name, *numbers = text.split(":")
    needed = {"kill": 1, "wait": 2}.get(name)
    try:
        if len(numbers) == needed:
            return _Action(name, *map(float, numbers))
    except ValueError:
        pass
    raise CannotArm(f"{text!r} is neither kill:<probability> nor wait:<probability>:<seconds>")


def _act(point: str) -> None:
    action = _armed.get(point)
    if action is None or random.random() >= action.probability:
        return
    if action.name == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(action.seconds)
