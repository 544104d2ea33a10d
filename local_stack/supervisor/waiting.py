"""When to stop waiting for a process: when every start fails, or it makes no progress; never by the clock."""

import asyncio
import time
from typing import Protocol

from local_stack.supervisor import activity
from local_stack.supervisor.activity import Activity
from local_stack.supervisor.process_status import ProcessStatus

#: So many starts in a row that did not last are enough.
_TOO_OFTEN = 3
_POLL = 0.25


class NotReady(Exception):
    """It isn't worth waiting for the process any longer; the message says why."""


class Awaited(Protocol):
    """What can be waited for: a managed process."""

    ready: asyncio.Event

    def hopeless(self) -> str:
        """Return why it isn't worth waiting, or nothing."""
        ...


async def until_ready(managed: Awaited) -> None:
    """Wait until a process is ready. Raises NotReady."""
    while not managed.ready.is_set():
        if why := managed.hopeless():
            raise NotReady(why)
        try:
            async with asyncio.timeout(_POLL):
                await managed.ready.wait()
        except TimeoutError:
            continue


def why_hopeless(view: ProcessStatus, signs: Activity) -> str:
    """Return, to follow the process's name, why it isn't worth waiting until it is ready; else nothing."""
    if view.state == "failed" or (view.failures >= _TOO_OFTEN and view.state != "running"):
        return view.detail or "does not start"
    if view.state == "stopped":
        return "is stopped"
    if view.state not in {"starting", "unready", "frozen"}:
        return ""
    idle = signs.idle_seconds()
    if idle < activity.STALLED_AFTER:
        return ""
    return f"is not ready {after(time.time() - view.since, idle)}: {view.detail or 'it runs'}"


def after(waited: float, idle: float) -> str:
    """Return in words for how many seconds one has waited, and for how long in vain."""
    return f"after {waited:.0f} s, the last {idle:.0f} s without any progress"
