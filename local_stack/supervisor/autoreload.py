"""Restarting workers and relays when a Python file changes, for `up --reload`."""

import asyncio
from pathlib import Path

from local_stack.supervisor.managed_process import ManagedProcess

_EVERY = 1.0


async def restart_on_change(processes: dict[str, ManagedProcess]) -> None:
    """Look at the sources once a second, for ever, and restart the processes whose files changed."""
    watching = [managed for managed in processes.values() if managed.spec.sources]
    folders = {folder for managed in watching for folder in managed.spec.sources}
    before = {folder: snapshot(folder) for folder in folders}
    while True:
        await asyncio.sleep(_EVERY)
        now = {folder: await asyncio.to_thread(snapshot, folder) for folder in folders}
        changed = {folder for folder in folders if now[folder] != before[folder]}
        before = now
        touched = [managed for managed in watching if changed.intersection(managed.spec.sources)]
        await asyncio.gather(*(managed.restart() for managed in touched))


def snapshot(folder: Path) -> dict[Path, int]:
    """Return when each Python file below the folder was last written, in nanoseconds; tests don't count."""
    found: dict[Path, int] = {}
    for path in folder.rglob("*.py"):
        if "tests" not in path.parts:
            try:
                found[path] = path.stat().st_mtime_ns
            except FileNotFoundError:
                continue
    return found
