"""`down`: stop everything of a stack, however it was started, and prove that nothing is left."""

import contextlib
import shutil
import time
from pathlib import Path

from local_stack.backing.postgres import cluster_of
from local_stack.console import errors, out
from local_stack.credentials import credentials_of
from local_stack.stack import Stack
from local_stack.supervisor.launch import locked, shut_down
from local_stack.supervisor.processes import leftovers

#: What a stack writes into its run directory, which may be the user's own directory with other files in it.
_WRITTEN = (
    *("stack.json", "secrets.json", "done.json", "processes.json", "lock", ".*.json.*"),
    *("log", "heartbeats", "metrics", "keys", "broker", "caddy", "mail", "postgres", "rabbitmq"),
    *("stripe.store*", "traces.sqlite*"),
)


def down(run_dir: Path, *, wipe: bool) -> int:
    """Stop the stack, with `wipe` forget its data; return the exit code: 1 when a process would not end."""
    stack = Stack.load(run_dir)
    if stack is None:
        out.print("Nothing was ever started here.")
        return 0
    started = time.monotonic()
    with locked(run_dir):
        ended = shut_down(stack)
        left = leftovers(stack)
        if left:
            errors.print(
                f"[bold red]Still alive:[/] {', '.join(f'{one.name()} (pid {one.pid})' for one in left)}"
            )
            return 1
        took = time.monotonic() - started
        out.print(
            f"Stopped {ended} processes in {took:.1f} s; none is left." if ended else "Nothing was running."
        )
        if wipe:
            forget(stack)
            out.print("Data, passwords and logs are gone.")
    return 0


def forget(stack: Stack) -> None:
    """Delete everything that the stack ever wrote, and nothing else. Nothing of it may be running."""
    home = cluster_of(stack, credentials_of(stack.run_dir, stack.system)).home
    for place in (home, stack.socket, *(path for name in _WRITTEN for path in stack.run_dir.glob(name))):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    for folder in {home.parent, stack.socket.parent, stack.run_dir}:
        with contextlib.suppress(OSError):
            folder.rmdir()  # stays where it has other files
