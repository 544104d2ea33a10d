"""The one background process of a stack: starts all others, keeps them running, and ends them when it ends.

`python -m local_stack.supervisor.run <run directory> [--tied <pid>]`; tied, it ends when that process does.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from local_stack.credentials import credentials_of
from local_stack.stack import Stack
from local_stack.supervisor import autoreload, control_server, logs
from local_stack.supervisor.managed_process import ManagedProcess
from local_stack.supervisor.process_specs import ProcessSpec, specs_of
from local_stack.supervisor.processes import Record, end, leftovers
from local_stack.supervisor.waiting import NotReady, until_ready

_ROTATE_EVERY, _TIE_EVERY = 10.0, 1.0


class Supervisor:
    """All processes of one stack."""

    def __init__(self, stack: Stack, specs: Sequence[ProcessSpec]) -> None:
        self.stack = stack
        self.closing = asyncio.Event()
        self._record = Record(stack.run_dir)
        # Starting is almost only Python's imports: more at once than cores would not help.
        turns = asyncio.Semaphore((os.cpu_count() or 2) + 1)
        self.processes = {spec.name: ManagedProcess(spec, stack, self._record, turns) for spec in specs}
        self._successors: set[asyncio.Task[None]] = set()

    async def run(self, tied_to: int | None) -> None:
        """Run everything until a request to end, then stop it. Raises what a process could not handle."""
        self._record.keep("supervisor", os.getpid())
        server = await control_server.serve(self)
        lives = [
            asyncio.create_task(managed.live(self._before(managed))) for managed in self.processes.values()
        ]
        chores = [asyncio.create_task(_every(_ROTATE_EVERY, lambda: logs.rotate(self.stack)))]
        if tied_to is not None:
            chores.append(asyncio.create_task(_every(_TIE_EVERY, lambda: self._check_tie(tied_to))))
        if self.stack.reload:
            chores.append(asyncio.create_task(autoreload.restart_on_change(self.processes)))
        try:
            await self._until_end_is_requested(lives, chores)
        finally:
            await self._stop_all()
            for task in (*lives, *chores, *self._successors):
                task.cancel()
            server.close()
            self.stack.socket.unlink(missing_ok=True)

    async def replace(self, name: str) -> None:
        """Start a process's successor beside it, and once that is ready let the process finish and stop it.

        Raises NotReady, with the process as it was, when it isn't worth waiting for the successor.
        """
        old = self.processes[name]
        new = old.successor()
        life = asyncio.create_task(new.live([]))
        self._successors.add(life)
        try:
            await until_ready(new)
        except NotReady:
            await new.stop()
            life.cancel()
            raise
        new.settle(old.spec)
        self.processes[name] = new
        await old.stop(grace=old.spec.drain)

    async def _until_end_is_requested(
        self, lives: list[asyncio.Task[None]], chores: list[asyncio.Task[None]]
    ) -> None:
        closing = asyncio.create_task(self.closing.wait())
        watched: set[asyncio.Task[None]] = {*lives, *chores}
        while not closing.done():
            finished, _ = await asyncio.wait({closing, *watched}, return_when=asyncio.FIRST_COMPLETED)
            for task in finished - {closing}:
                task.result()  # a step's life ends by itself; an error in our own code ends us
                watched.discard(task)

    async def _stop_all(self) -> None:
        """Stop what nothing depends on first, and so on down to Postgres."""
        depths = {name: self._depth(name) for name in self.processes}
        for depth in sorted(set(depths.values()), reverse=True):
            layer = [self.processes[name] for name, found in depths.items() if found == depth]
            await asyncio.gather(*(managed.stop() for managed in layer))
        end(await asyncio.to_thread(leftovers, self.stack), grace=5)

    def _before(self, managed: ManagedProcess) -> list[ManagedProcess]:
        return [self.processes[name] for name in managed.spec.after]

    def _depth(self, name: str) -> int:
        return 1 + max((self._depth(other) for other in self.processes[name].spec.after), default=0)

    def _check_tie(self, pid: int) -> None:
        if os.getppid() != pid:
            self.closing.set()


async def _every(seconds: float, action: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        action()


async def supervise(stack: Stack, specs: Sequence[ProcessSpec], tied_to: int | None = None) -> None:
    """Run these processes until SIGTERM, SIGINT, SIGHUP or a request to shut down."""
    supervisor = Supervisor(stack, specs)
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(signum, supervisor.closing.set)
    await supervisor.run(tied_to)


def main() -> None:
    """Supervise the stack of the run directory on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--tied", type=int)
    options = parser.parse_args()
    stack = Stack.load(options.run_dir)
    if stack is None:
        sys.exit(f"No stack was ever prepared in {options.run_dir}.")
    specs = specs_of(stack, credentials_of(stack.run_dir, stack.system))
    asyncio.run(supervise(stack, specs, options.tied))


if __name__ == "__main__":
    main()
