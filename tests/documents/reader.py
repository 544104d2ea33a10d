"""A reader of our documents who follows them word by word."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from local_stack.backing.postgres import group_of

#: A code block with the line of text before it, or a line to be deleted.
STEP = re.compile(
    r"(?:^(?P<intro>[^\n]*):\n\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$"
    r"|^In `(?P<file>[^`]+)`, delete the line with `(?P<line>[^`]+)`\.$",
    re.MULTILINE | re.DOTALL,
)
WRITE = re.compile(r"Write `([^`]+)`$")
APPEND = re.compile(r"At the end of `([^`]+)`, add$")
INSERT = re.compile(r"In `([^`]+)`, after the line with `([^`]+)`, add$")
_END = "the block has ended"


class Reader:
    """A reader of a guide at a terminal in a folder, who runs commands and writes code blocks as they are.

    `sh` blocks are run, and none of their commands may fail. `text` blocks are what the commands printed
    since the last one, line by line and in this order; “…” stands for anything. `diff` blocks are applied.
    What is to be done with any other block, the line before it says. The commands run as `user`, by default
    as the user who runs the test.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], *, user: str | None = None) -> None:
        self.folder = folder
        self._said = ""
        self._terminal = subprocess.Popen(
            ["bash", "-e"],
            cwd=folder,
            env=dict(environment),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            user=user,
            group=group_of(user),
            extra_groups=[] if user else None,
            start_new_session=True,
        )

    def follow(self, page: str) -> None:
        """Do all that a page says."""
        steps = list(STEP.finditer(page))
        assert steps, "there is nothing to be done"
        for step in steps:
            self._run_step(step)

    def leave(self) -> None:
        """Close the terminal, and end what was started in it."""
        with suppress(ProcessLookupError):
            os.killpg(self._terminal.pid, signal.SIGKILL)
        self._terminal.communicate()

    def _run_step(self, step: re.Match[str]) -> None:
        intro, body = step["intro"] or "", step["body"]
        if step["file"]:
            self._edit(step["file"], step["line"], lambda line: "")
        elif step["kind"] == "sh":
            self._type(body)
        elif step["kind"] == "text":
            self._expect(body)
        elif step["kind"] == "diff":
            self._apply(body)
        elif place := WRITE.search(intro):
            (self.folder / place[1]).write_text(body)
        elif place := APPEND.search(intro):
            file = self.folder / place[1]
            file.write_text(f"{file.read_text()}\n{body}")
        elif place := INSERT.search(intro):
            self._edit(place[1], place[2], lambda line: line + body)
        else:
            pytest.fail(f"What is to be done with this?\n{step[0]}")

    def _type(self, commands: str) -> None:
        assert self._terminal.stdin
        assert self._terminal.stdout
        said = ""
        with suppress(BrokenPipeError):
            self._terminal.stdin.write(f"{commands}\necho; echo {_END}\n")
            self._terminal.stdin.flush()
        for line in self._terminal.stdout:
            if line.startswith(_END):
                self._said += said
                return
            said += line
        pytest.fail(f"A command has failed:\n{commands}\n{said}")

    def _apply(self, diff: str) -> None:
        command = ["git", "apply", "-"]
        done = subprocess.run(
            command, cwd=self.folder, input=diff, capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.fail(f"The diff doesn't apply:\n{done.stderr}")

    def _edit(self, file: str, known: str, change: Callable[[str], str]) -> None:
        place = self.folder / file
        lines = place.read_text().splitlines(keepends=True)
        [number] = [number for number, line in enumerate(lines) if known in line]
        lines[number] = change(lines[number])
        place.write_text("".join(lines))

    def _expect(self, lines: str) -> None:
        pattern = ".*?".join(re.escape(line).replace("…", ".*") for line in lines.splitlines())
        if not re.search(pattern, self._said, re.DOTALL):
            pytest.fail(f"Expected\n{lines}\nin\n{self._said}")
        self._said = ""


@contextmanager
def reader_in(folder: Path, environment: Mapping[str, str]) -> Iterator[Reader]:
    """Give a reader a folder and an environment, and leave nothing of theirs running."""
    reader = Reader(folder, environment)
    try:
        yield reader
    finally:
        reader.leave()
