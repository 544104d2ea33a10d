"""One part's life: started when its turn comes, looked at while it lives, started again when it dies."""

import asyncio
import contextlib
import dataclasses
import os
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping

from local_stack.backing.postgres import CannotCreate, group_of
from local_stack.stack import Stack
from local_stack.supervisor import logs
from local_stack.supervisor.activity import Activity
from local_stack.supervisor.liveness import Frozen, Life
from local_stack.supervisor.patience import Patience, pause_after
from local_stack.supervisor.probes import Sighting
from local_stack.supervisor.process_specs import ProcessSpec
from local_stack.supervisor.process_status import ProcessStatus, how_it_ended
from local_stack.supervisor.processes import MARKER, Record, dies_with_parent, end_group, thaw_group
from local_stack.supervisor.step_cache import StepCache
from local_stack.supervisor.waiting import why_hopeless
from shared_events.errors import describe

#: A part that lived this long, in seconds, has not failed to start.
_LONG_ENOUGH = 20.0
_LOOK_AT_STARTING, _LOOK_AT_UNREADY = 0.1, 1.0
#: How often a process is looked at for signs of life, which costs next to nothing.
_GLANCE = 2.0
#: A part that is slow to get ready makes room for the next one after this many seconds.
_TURN = 15.0
_NEVER_RAN = -1


class CannotStart(Exception):
    """The part's process could not even be made."""


class ManagedProcess:
    """Keeps one part as it should be."""

    def __init__(self, part: ProcessSpec, stack: Stack, record: Record, turns: asyncio.Semaphore) -> None:
        self.part = part
        self.view = ProcessStatus(part.name, part.oneshot, part.address)
        self.ready = asyncio.Event()
        self._stack, self._record, self._turns = stack, record, turns
        self._wanted, self._gone, self._retry = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._wanted.set()
        self._gone.set()
        self._process: Process | None = None
        self._leaving = False
        self._socket: socket.socket | None = None
        self._extra: dict[str, str] = {}
        self._sighting = Sighting(stack.log_of(part.name), 0, 0)
        self._life: Life | None = None
        self._activity = Activity(os.getpid())
        self._next_probe = 0.0
        self._patience = Patience()
        self._given_up_for = ""

    async def live(self, before: list["ManagedProcess"]) -> None:
        """Wait for the parts in `before`, then run the step to its end, or keep the process running."""
        for other in before:
            await other.ready.wait()
        await (self._run_step() if self.part.oneshot else self._keep_running())

    async def stop(self, *, grace: float | None = None) -> None:
        """End the process and leave it ended until `start`; it gets the part's own grace unless told."""
        self._wanted.clear()
        self.ready.clear()
        await self._end(self.part.grace if grace is None else grace)

    def successor(self) -> "ManagedProcess":
        """Return another of the same part, on the same port; it is ready as the part's `successor` says."""
        ready = self.part.successor or self.part.ready
        other = ManagedProcess(
            dataclasses.replace(self.part, ready=ready), self._stack, self._record, self._turns
        )
        other._socket = self._socket.dup() if self._socket else None
        other._extra = dict(self._extra)
        return other

    def settle(self, part: ProcessSpec) -> None:
        """Keep this part from now on: what told a successor from its predecessor has served."""
        self.part = part

    def report(self) -> dict[str, object]:
        """Return what is known of the part, ready for JSON."""
        age = self._life.heartbeat_age() if self._life and self._process else None
        return self.view.as_dict() | {"heartbeat_age": age, "hopeless": self.hopeless()}

    def hopeless(self) -> str:
        """Return why it isn't worth waiting until the part is ready, or nothing."""
        return why_hopeless(self.view, self._activity)

    def start(self) -> None:
        """Want the process, and at once if it was waiting for its next try."""
        self.view.failures = 0
        if self.view.state in {"failed", "stopped"}:
            self.view.becomes("waiting")
        self._wanted.set()
        self._retry.set()

    async def restart(self, extra: Mapping[str, str] | None = None) -> None:
        """Have the process started anew, with `extra` environment (as before when None)."""
        if extra is not None:
            self._extra = dict(extra)
        self.ready.clear()
        await self._end(self.part.grace)
        self.start()

    async def _run_step(self) -> None:
        done, part = StepCache(self._stack.run_dir), self.part
        mark = await asyncio.to_thread(part.fingerprint) if part.fingerprint else None
        while not (mark and done.has(part.name, mark)):
            code = await self._one_life()
            if code == 0:
                # Taken again: the step may have made what the fingerprint looks at.
                mark = await asyncio.to_thread(part.fingerprint) if part.fingerprint else ""
                done.add(part.name, mark)
                break
            self.view.becomes("failed", self.view.detail or how_it_ended(code))
            self._retry.clear()
            await self._retry.wait()
        self.view.becomes("done")
        self.ready.set()

    async def _keep_running(self) -> None:
        while True:
            if not self._wanted.is_set():
                self.view.becomes("stopped")
                await self._wanted.wait()
            code = await self._one_life()
            if self._leaving or not self._wanted.is_set():
                continue
            why = self._given_up_for or self.view.detail or how_it_ended(code)
            self.view.restarts += 1
            self.view.last_restart, self._given_up_for = why, ""
            self.view.becomes("restarting", why)
            await self._pause()

    async def _one_life(self) -> int:
        """Start the process, stay with it until it is gone, and return its exit code."""
        started = time.monotonic()
        try:
            async with self._turns:
                if not self._wanted.is_set():
                    return _NEVER_RAN
                gone = asyncio.create_task(self._wait(await self._spawn()))
                await self._until_ready(gone)
            await self._watch(gone)
        except CannotStart as error:
            self.view.failures += 1
            self.view.detail = str(error)
            return 1
        # On a busy machine it takes long to fail, too: who never was well has not lasted.
        lasted = self._patience.was_well and time.monotonic() - started > _LONG_ENOUGH
        self.view.failures = 0 if lasted else self.view.failures + 1
        self.view.detail = ""
        return gone.result()

    async def _spawn(self) -> Process:
        part, log = self.part, self._stack.log_of(self.part.name)
        self.view.becomes("starting")
        self._activity = Activity(os.getpid())  # we prepare it ourselves
        environment = {**part.environment, **self._extra, MARKER: f"{self._stack.id}:{part.name}"}
        try:
            if part.prepare:
                await asyncio.to_thread(part.prepare)
            if part.heartbeat:
                part.heartbeat.unlink(missing_ok=True)  # of an earlier life
            environment |= self._listen()
            with log.open("ab") as output:
                logs.begin(output, part.name)
                self._sighting = Sighting(log, output.tell(), time.monotonic())
                self._process = process = await asyncio.create_subprocess_exec(
                    *part.command, stdin=DEVNULL, stdout=output, stderr=output,
                    env=environment, cwd=part.directory, start_new_session=True,
                    user=part.user, group=group_of(part.user), extra_groups=[] if part.user else None,
                    preexec_fn=dies_with_parent(part.stop_signal),
                    pass_fds=(self._socket.fileno(),) if self._socket else (),
                )  # fmt: skip
        except (OSError, CannotCreate) as error:
            raise CannotStart(describe(error)) from error
        self._begin_life(process.pid)
        return process

    def _begin_life(self, pid: int) -> None:
        self._gone.clear()
        self._leaving = False
        self._life = Life(pid, self.part.heartbeat)
        self._activity = Activity(pid, self._sighting.log, self._sighting.log_offset)
        self._patience.begin()
        self._next_probe = 0.0
        self.view.pid = pid
        self._record.keep(self.part.name, pid)

    def _listen(self) -> dict[str, str]:
        """Open the part's port, unless a predecessor shares it; return how the process learns of it."""
        if self.part.port is None:
            return {}
        if self._socket is None:
            self._socket = socket.create_server(("127.0.0.1", self.part.port), backlog=1024)
        return {"GUNICORN_CMD_ARGS": f"--bind=fd://{self._socket.fileno()}"}

    async def _wait(self, process: Process) -> int:
        code = await process.wait()
        # What the process started and left behind would hold its port.
        end_group(process.pid)
        self._record.forget(self.part.name, process.pid)
        if self._socket is not None:
            self._socket.close()  # while it is open, callers wait for somebody who is gone
            self._socket = None
        self._process, self.view.pid = None, None
        self._gone.set()
        return code

    async def _until_ready(self, gone: asyncio.Task[int]) -> None:
        deadline = time.monotonic() + _TURN
        while not self.part.oneshot and not gone.done() and time.monotonic() < deadline:
            if await self._look():
                return
            await asyncio.wait({gone}, timeout=_LOOK_AT_STARTING)
        if self.part.oneshot:
            await asyncio.wait({gone})

    async def _watch(self, gone: asyncio.Task[int]) -> None:
        """Look at the process until it is gone; end it when it has been stuck for too long."""
        while not gone.done():
            await asyncio.wait({gone}, timeout=_GLANCE if self.view.state == "running" else _LOOK_AT_UNREADY)
            if not gone.done():
                await self._look()
            if self._patience.is_over() and not self._leaving:
                await self._give_up()

    async def _look(self) -> bool:
        """Note how the process is, and return whether it is well."""
        trouble = await self._trouble()
        if self._leaving or self._process is None:
            return False
        self._patience.note(trouble)
        if trouble is None:
            self.view.becomes("running")
            self.ready.set()
        elif isinstance(trouble, Frozen):
            self.view.becomes("frozen", str(trouble))
        else:
            self.view.becomes("unready" if self.ready.is_set() else "starting", str(trouble))
        return trouble is None

    async def _trouble(self) -> str | None:
        """Look for signs of life; ask the probe as often as it must be asked."""
        frozen = self._life.trouble() if self._life else None
        if frozen or not self._is_probe_due():
            return frozen
        self._next_probe = time.monotonic() + self.part.look_every
        trouble = await self.part.ready(self._sighting)
        # What gave no answer may have been stopped while it was asked.
        return ((self._life.trouble() if self._life else None) or trouble) if trouble else None

    def _is_probe_due(self) -> bool:
        if self._patience.was_well and self.part.ready.lasting:
            return False
        return self.view.state != "running" or time.monotonic() >= self._next_probe

    async def _give_up(self) -> None:
        """End the process, so that another is started."""
        self._given_up_for = self.view.detail
        self._patience.give_up()
        line = f"{time.strftime('%F %T')} {self.part.name}: {self._given_up_for}; starting it anew"
        print(line, file=sys.stderr, flush=True)
        self.view.becomes("restarting", self._given_up_for)
        await self._end_process(self.part.grace)

    async def _end(self, grace: float) -> None:
        if self._process is not None:
            self._leaving = True
            self.view.becomes("stopping")
            await self._end_process(grace)

    async def _end_process(self, grace: float) -> None:
        if (process := self._process) is None:
            return
        process.send_signal(self.part.stop_signal)
        # What is stopped could not follow, nor wait for its children.
        thaw_group(process.pid)
        try:
            async with asyncio.timeout(grace):
                await self._gone.wait()
        except TimeoutError:
            end_group(process.pid)
            await self._gone.wait()

    async def _pause(self) -> None:
        self._retry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_after(self.view.failures)):
                await self._retry.wait()
