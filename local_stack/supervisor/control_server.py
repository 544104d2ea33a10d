"""Where the supervisor takes requests. The other side of `control_client`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local_stack.supervisor import logs
from local_stack.supervisor.managed_process import ManagedProcess
from local_stack.supervisor.waiting import NotReady, until_ready

if TYPE_CHECKING:
    from local_stack.supervisor.run import Supervisor


#: How many lines of a process's log go to a client that waited for it in vain.
_LINES = 25


class CannotDo(Exception):
    """A request that makes no sense here; the message goes back to the caller."""


async def serve(supervisor: Supervisor) -> asyncio.Server:
    """Open the stack's socket, for its owner alone, and answer requests."""
    path = supervisor.stack.socket
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(await reader.readline())
            if request["do"] == "override":
                await _override(supervisor, request, reader, writer)
            await _reply(writer, await _do(supervisor, request))
        except CannotDo as error:
            await _reply(writer, {"refused": str(error)})
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(answer, path)
    path.chmod(0o600)
    return server


async def _reply(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


async def _do(supervisor: Supervisor, request: dict[str, Any]) -> dict[str, Any]:
    match request["do"]:
        case "status":
            return {"parts": [managed.report() for managed in supervisor.processes.values()]}
        case "repair":
            for managed in supervisor.processes.values():
                managed.start()
        case "shut_down":
            supervisor.closing.set()
        case "stop":
            await _process(supervisor, request).stop()
        case "start":
            managed = _process(supervisor, request)
            managed.start()
            await _until_ready(supervisor, managed)
        case "restart":
            await _restart(supervisor, _process(supervisor, request))
        case "replace":
            await _replace(supervisor, _process(supervisor, request))
        case "override":
            await _until_ready(supervisor, _process(supervisor, request))
        case unknown:
            raise CannotDo(f"There is no such request: {unknown}.")
    return {}


async def _override(
    supervisor: Supervisor,
    request: dict[str, Any],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Run a process with other variables until the connection ends, whether it gets ready or not."""
    managed = _process(supervisor, request)
    try:
        await managed.restart(request["environment"])
        if request.get("wait", True):
            await _until_ready(supervisor, managed)
        await _reply(writer, {})
        await reader.read()
    finally:
        await managed.restart({})


async def _replace(supervisor: Supervisor, managed: ManagedProcess) -> None:
    name = managed.spec.name
    if managed.spec.drain is None:
        raise CannotDo(f"{name} can't run twice, so it has no successor: restart it by stopping it.")
    if not managed.ready.is_set():
        raise CannotDo(f"{name} isn't running, so nothing takes over from it.")
    try:
        await supervisor.replace(name)
    except NotReady as error:
        log = logs.last_life(supervisor.stack.log_of(name), _LINES)
        raise CannotDo(f"The successor of {name} {error}. {name} goes on.\n\n{log}") from None


async def _restart(
    supervisor: Supervisor, managed: ManagedProcess, extra: Mapping[str, str] | None = None
) -> None:
    await managed.restart(extra)
    await _until_ready(supervisor, managed)


async def _until_ready(supervisor: Supervisor, managed: ManagedProcess) -> None:
    try:
        await until_ready(managed)
    except NotReady as error:
        log = logs.last_life(supervisor.stack.log_of(managed.spec.name), _LINES)
        raise CannotDo(f"{managed.spec.name} {error}.\n\n{log}") from None


def _process(supervisor: Supervisor, request: dict[str, Any]) -> ManagedProcess:
    managed = supervisor.processes.get(request["part"])
    if managed is None or managed.spec.oneshot:
        names = ", ".join(name for name, known in supervisor.processes.items() if not known.spec.oneshot)
        raise CannotDo(f"There is no process called {request['part']!r}. There are: {names}.")
    return managed
