"""A supervisor of tiny processes: `python -m local_stack.tests.tiny <run dir> <scene>`."""

import asyncio
import signal
import sys
from pathlib import Path

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
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"


def process(name: str, code: str = SLEEPER, *, after: tuple[str, ...] = (), grace: float = 5.0) -> Part:
    return Part(name=name, command=(sys.executable, "-c", code), after=after, ready=Logs("here"), grace=grace)


def step(name: str, code: str, *, after: tuple[str, ...] = ()) -> Part:
    return Part(
        name=name, command=(sys.executable, "-c", code), after=after, once=True, fingerprint=lambda: "x"
    )


SCENES = {
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
    asyncio.run(supervise(stack, SCENES[scene]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
