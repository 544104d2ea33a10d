"""A supervisor of tiny processes: `python -m local_stack.tests.tiny <run dir> <scenario>`."""

import asyncio
import dataclasses
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from local_stack.stack import Stack
from local_stack.supervisor import activity, liveness, managed_process, patience
from local_stack.supervisor.probes import Logs, Stuck, Works
from local_stack.supervisor.process_specs import ProcessSpec
from local_stack.supervisor.run import supervise

Start = Callable[[str], "subprocess.Popen[bytes]"]
#: Seconds that the processes of some scenarios take to start, though they move.
LONG = 4.0

SLEEPER = (
    "import os, time; flavour = os.environ.get('FLAVOUR', 'plain'); print('here', flavour, flush=True); "
    "time.sleep(0 if flavour == 'poison' else 600)"
)
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("here", flush=True)
time.sleep(600)
"""
#: Answers with its pid on the socket that it inherits, and finishes its open request when it is stopped.
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
#: Shows life until a file says that it hangs.
BEATING = """
import os, pathlib, time
beat, hangs = pathlib.Path("heartbeat"), pathlib.Path("hangs")
print("here", flush=True)
while True:
    time.sleep(0.05)
    if not hangs.exists():
        beat.touch()
"""
#: A new start mends what `mendable` says, as that of a broker does.
MENDABLE = (
    "import pathlib; pathlib.Path('mendable').unlink(missing_ok=True); pathlib.Path('begun').touch()\n"
    + SLEEPER
)
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"

BURN = "import time; until = time.monotonic() + {}\nwhile time.monotonic() < until: pass\n"
BURNING = BURN.format(LONG) + SLEEPER
#: Does nothing while its child works.
WAITING = (
    f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN.format(LONG)!r}], check=True)\n"
    + SLEEPER
)
#: Says something new every now and then, and nothing else.
TALKING = """
import time
for step in range(20):
    print("applying", "abcdefghijklmnopqrst"[step] * 3 + "_step", flush=True)
    time.sleep({})
"""
SLEEPING = "import time; print('this is all I say', flush=True); time.sleep(600)"
#: Tries again and again, at another time.
REPEATING = """
import itertools, time
for second in itertools.count(10):
    print(f"12:00:{second} try {second}: no answer", flush=True)
    time.sleep(0.2)
"""
#: Works for `BURN_SECONDS`, and sleeps while a file says so.
MOODY = (
    """
import os, pathlib, time
until = time.monotonic() + float(os.environ.get("BURN_SECONDS", "0"))
while time.monotonic() < until: pass
print("not yet", flush=True)
if pathlib.Path("falls asleep").exists(): time.sleep(600)
"""
    + SLEEPER
)


def process(
    name: str, code: str = SLEEPER, *, after: tuple[str, ...] = (), grace: float = 5.0
) -> ProcessSpec:
    return ProcessSpec(
        name=name, command=(sys.executable, "-c", code), after=after, ready=Logs("here"), grace=grace
    )


def in_directory(directory: Path, spec: ProcessSpec) -> ProcessSpec:
    """Let a process run in the stack's own directory, with its heartbeat and its probe's answer there too."""

    def said() -> str | None:
        if not (directory / "begun").exists():
            return "it has not begun"
        for name, kind in (("mendable", Stuck), ("lasting", Stuck), ("passing", str)):
            if (directory / name).exists():
                return kind((directory / name).read_text())
        return None

    beat = directory / "heartbeat" if spec.name == "beating" else None
    ready = Works(said) if spec.name == "probed" else spec.ready
    return dataclasses.replace(spec, directory=directory, heartbeat=beat, ready=ready, look_every=1.0)


def step(name: str, code: str, *, after: tuple[str, ...] = ()) -> ProcessSpec:
    return ProcessSpec(
        name=name, command=(sys.executable, "-c", code), after=after, oneshot=True, fingerprint=lambda: "x"
    )


def server(name: str, successor: Logs | None = None) -> ProcessSpec:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-c", SERVER),
        ready=Logs("here"),
        successor=successor,
        port=port,
        address=address,
        drain=10,
    )


SCENARIOS = {
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
    "beating": [process("beating", BEATING)],
    "probed": [process("probed", MENDABLE)],
    "broken": [step("prepare", "raise SystemExit('no luck')"), process("two", after=("prepare",))],
    "burning": [process("slow", BURNING)],
    "waiting": [process("slow", WAITING)],
    "talking": [process("slow", TALKING.format(LONG / 20) + SLEEPER)],
    "migrating": [step("prepare", TALKING.format(LONG / 20))],
    "sleeping": [process("slow", SLEEPING)],
    "repeating": [process("slow", REPEATING)],
    "stuck": [step("prepare", SLEEPING)],
    "dying": [process("one", "import time; time.sleep(0.3); raise SystemExit('died')")],
    "moody": [process("moody", MOODY)],
    "crashing": [process("one", "raise SystemExit('crashed')")],
}


def main(run_dir: Path, scenario: str) -> None:
    stack = Stack.load(run_dir)
    assert stack is not None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    activity.STALLED_AFTER = float(os.environ.get("STALLED_SECONDS", "30"))
    managed_process._LONG_ENOUGH = float(os.environ.get("LONG_ENOUGH_SECONDS", "20"))
    patience.SECONDS = float(os.environ.get("PATIENCE_SECONDS", "30"))
    liveness.SILENT_AFTER = float(os.environ.get("SILENT_SECONDS", "30"))
    own = {"beating", "moody", "probed"}
    asyncio.run(
        supervise(stack, [in_directory(run_dir, p) if p.name in own else p for p in SCENARIOS[scenario]])
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
