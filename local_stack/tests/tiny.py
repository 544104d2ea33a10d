"""A supervisor of tiny processes: `python -m local_stack.tests.tiny <run dir> <scene>`."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from local_stack import supervisor
from local_stack.parts import Part
from local_stack.probes import Logs
from local_stack.stack import Stack
from local_stack.supervisor import supervise

SLEEPER = "import os, time; print('here', os.environ.get('FLAVOUR', 'plain'), flush=True); time.sleep(600)"
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("here", flush=True)
time.sleep(600)
"""
#: Answers with its pid on the socket it was handed, and finishes what it has in hand when it is told to stop.
SERVER = """
import os, signal, socket, sys, time
listening = socket.socket(fileno=int(os.environ["GUNICORN_CMD_ARGS"].rpartition("/")[2]))
stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
listening.settimeout(0.05)
print("here", flush=True)
while not stopping:
    try:
        caller, _ = listening.accept()
    except TimeoutError:
        continue
    time.sleep(float(caller.recv(8)))
    caller.sendall(str(os.getpid()).encode())
    caller.close()
"""
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"


def process(name: str, code: str = SLEEPER, *, after: tuple[str, ...] = (), grace: float = 5.0) -> Part:
    return Part(name=name, command=(sys.executable, "-c", code), after=after, ready=Logs("here"), grace=grace)


def step(name: str, code: str, *, after: tuple[str, ...] = ()) -> Part:
    return Part(
        name=name, command=(sys.executable, "-c", code), after=after, once=True, fingerprint=lambda: "x"
    )


def server(name: str, successor: Logs | None = None) -> Part:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    return Part(
        name=name,
        command=(sys.executable, "-c", SERVER),
        ready=Logs("here"),
        successor=successor,
        port=port,
        address=address,
        drain=10,
    )


SCENES = {
    "server": [server("server"), process("other")],
    "reluctant": [server("server", successor=Logs("never said"))],
    "plain": [process("one"), process("two", after=("one",))],
    "family": [process("parent", PARENT)],
    "deaf": [process("deaf", DEAF, grace=0.5)],
    "steps": [
        process("one"),
        step("prepare", "print('prepared')", after=("one",)),
        process("two", after=("prepare",)),
    ],
    "broken": [step("prepare", "raise SystemExit('no luck')"), process("two", after=("prepare",))],
    "crashing": [process("one", "raise SystemExit('crashed')")],
}


def main(run_dir: Path, scene: str) -> None:
    stack = Stack.load(run_dir)
    assert stack is not None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    supervisor.SUCCESSION = float(os.environ.get("SUCCESSION_SECONDS", "30"))
    asyncio.run(supervise(stack, SCENES[scene]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
