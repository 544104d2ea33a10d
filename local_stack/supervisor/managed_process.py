"""The life of one process: started in its turn, checked while it runs, started again when it ends."""

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

#: A process that lived this long, in seconds, has not failed to start.
_LONG_ENOUGH = 20.0
_LOOK_AT_STARTING, _LOOK_AT_UNREADY = 0.1, 1.0
#: How often a process is looked at for signs of life, which costs next to nothing.
_GLANCE = 2.0
#: A process that is slow to get ready makes room for the next one after this many seconds.
_TURN = 15.0
_NEVER_RAN = -1


class CannotStart(Exception):
    """The process could not be created."""


class ManagedProcess:
    """Keeps one process running, or runs a step to its end."""

    def __init__(self, spec: ProcessSpec, stack: Stack, record: Record, turns: asyncio.Semaphore) -> None:
        self.spec = spec
        self.view = ProcessStatus(spec.name, spec.oneshot, spec.address)
        self.ready = asyncio.Event()
        self._stack, self._record, self._turns = stack, record, turns
        self._wanted, self._gone, self._retry = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._wanted.set()
        self._gone.set()
        self._process: Process | None = None
        self._leaving = False
        self._socket: socket.socket | None = None
        self._extra: dict[str, str] = {}
        self._sighting = Sighting(stack.log_of(spec.name), 0, 0)
        self._life: Life | None = None
        self._activity = Activity(os.getpid())
        self._next_probe = 0.0
        self._patience = Patience()
        self._given_up_for = ""

    async def live(self, before: list["ManagedProcess"]) -> None:
        """Wait for the processes in `before`, then run the step to its end, or keep the process running."""
        for other in before:
            await other.ready.wait()
        await (self._run_step() if self.spec.oneshot else self._keep_running())

    async def stop(self, *, grace: float | None = None) -> None:
        """End the process and leave it ended until `start`; `grace` (seconds) is the spec's by default."""
        self._wanted.clear()
        self.ready.clear()
        await self._end(self.spec.grace if grace is None else grace)

    def successor(self) -> "ManagedProcess":
        """Return another process of the same spec and port, whose readiness its `successor` probe decides."""
        ready = self.spec.successor or self.spec.ready
        other = ManagedProcess(
            dataclasses.replace(self.spec, ready=ready), self._stack, self._record, self._turns
        )
        other._socket = self._socket.dup() if self._socket else None
        other._extra = dict(self._extra)
        return other

    def settle(self, spec: ProcessSpec) -> None:
        """Replace the spec: from now on its own `ready` probe applies, no longer `successor`."""
        self.spec = spec

    def report(self) -> dict[str, object]:
        """Return the status of the process, ready for JSON."""
        age = self._life.heartbeat_age() if self._life and self._process else None
        return self.view.as_dict() | {"heartbeat_age": age, "hopeless": self.hopeless()}

    def hopeless(self) -> str:
        """Return why it isn't worth waiting until the process is ready, or nothing."""
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
        await self._end(self.spec.grace)
        self.start()

    async def _run_step(self) -> None:
        done, spec = StepCache(self._stack.run_dir), self.spec
        fingerprint = await asyncio.to_thread(spec.fingerprint) if spec.fingerprint else None
        while not (fingerprint and done.has(spec.name, fingerprint)):
            code = await self._one_life()
            if code == 0:
                # Taken again: the step may have made what the fingerprint looks at.
                fingerprint = await asyncio.to_thread(spec.fingerprint) if spec.fingerprint else ""
                done.add(spec.name, fingerprint)
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
        # On a busy machine failing takes long, too: a process that was never well has not lasted.
        lasted = self._patience.was_well and time.monotonic() - started > _LONG_ENOUGH
        self.view.failures = 0 if lasted else self.view.failures + 1
        self.view.detail = ""
        return gone.result()

    async def _spawn(self) -> Process:
        spec, log = self.spec, self._stack.log_of(self.spec.name)
        self.view.becomes("starting")
        self._activity = Activity(os.getpid())  # we prepare it ourselves
        environment = {**spec.environment, **self._extra, MARKER: f"{self._stack.id}:{spec.name}"}
        try:
            if spec.prepare:
                await asyncio.to_thread(spec.prepare)
            if spec.heartbeat:
                spec.heartbeat.unlink(missing_ok=True)  # of an earlier life
            environment |= self._listen()
            with log.open("ab") as output:
                logs.begin(output, spec.name)
                self._sighting = Sighting(log, output.tell(), time.monotonic())
                self._process = process = await asyncio.create_subprocess_exec(
                    *spec.command, stdin=DEVNULL, stdout=output, stderr=output,
                    env=environment, cwd=spec.directory, start_new_session=True,
                    user=spec.user, group=group_of(spec.user), extra_groups=[] if spec.user else None,
                    preexec_fn=dies_with_parent(spec.stop_signal),
                    pass_fds=(self._socket.fileno(),) if self._socket else (),
                )  # fmt: skip
        except (OSError, CannotCreate) as error:
            raise CannotStart(describe(error)) from error
        self._begin_life(process.pid)
        return process

    def _begin_life(self, pid: int) -> None:
        self._gone.clear()
        self._leaving = False
        self._life = Life(pid, self.spec.heartbeat)
        self._activity = Activity(pid, self._sighting.log, self._sighting.log_offset)
        self._patience.begin()
        self._next_probe = 0.0
        self.view.pid = pid
        self._record.keep(self.spec.name, pid)

    def _listen(self) -> dict[str, str]:
        """Open the port, unless a predecessor shares it; return the environment that passes it on."""
        if self.spec.port is None:
            return {}
        if self._socket is None:
            self._socket = socket.create_server(("127.0.0.1", self.spec.port), backlog=1024)
        return {"GUNICORN_CMD_ARGS": f"--bind=fd://{self._socket.fileno()}"}

    async def _wait(self, process: Process) -> int:
        code = await process.wait()
        # What the process started and left behind would hold its port.
        end_group(process.pid)
        self._record.forget(self.spec.name, process.pid)
        if self._socket is not None:
            self._socket.close()  # while it is open, callers wait for a process that has ended
            self._socket = None
        self._process, self.view.pid = None, None
        self._gone.set()
        return code

    async def _until_ready(self, gone: asyncio.Task[int]) -> None:
        deadline = time.monotonic() + _TURN
        while not self.spec.oneshot and not gone.done() and time.monotonic() < deadline:
            if await self._look():
                return
            await asyncio.wait({gone}, timeout=_LOOK_AT_STARTING)
        if self.spec.oneshot:
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
        problem = await self._problem()
        if self._leaving or self._process is None:
            return False
        self._patience.note(problem)
        if problem is None:
            self.view.becomes("running")
            self.ready.set()
        elif isinstance(problem, Frozen):
            self.view.becomes("frozen", str(problem))
        else:
            self.view.becomes("unready" if self.ready.is_set() else "starting", str(problem))
        return problem is None

    async def _problem(self) -> str | None:
        """Look for signs of life; run the probe when it is due."""
        frozen = self._life.problem() if self._life else None
        if frozen or not self._is_probe_due():
            return frozen
        self._next_probe = time.monotonic() + self.spec.look_every
        problem = await self.spec.ready(self._sighting)
        # A process that gave no answer may have been stopped during the probe.
        return ((self._life.problem() if self._life else None) or problem) if problem else None

    def _is_probe_due(self) -> bool:
        if self._patience.was_well and self.spec.ready.lasting:
            return False
        return self.view.state != "running" or time.monotonic() >= self._next_probe

    async def _give_up(self) -> None:
        """End the process, so that another is started."""
        self._given_up_for = self.view.detail
        self._patience.give_up()
        line = f"{time.strftime('%F %T')} {self.spec.name}: {self._given_up_for}; starting it anew"
        print(line, file=sys.stderr, flush=True)
        self.view.becomes("restarting", self._given_up_for)
        await self._end_process(self.spec.grace)

    async def _end(self, grace: float) -> None:
        if self._process is not None:
            self._leaving = True
            self.view.becomes("stopping")
            await self._end_process(grace)

    async def _end_process(self, grace: float) -> None:
        if (process := self._process) is None:
            return
        process.send_signal(self.spec.stop_signal)
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
