"""What a guide's commands would start: bash takes a block as it stands, and every program is a recorder.

So variables, loops, pipes and quotes are bash's own, and nothing is done. A program that isn't known here
is a command that bash doesn't find, which is an error.
"""

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.documents.guides import ROOT

#: Programs that may be typed, or run in a container.
PROGRAMS = (
    *("python", "kubectl", "docker", "curl", "skaffold", "k3d", "git", "rabbitmqctl", "rabbitmq-queues"),
    *("psql", "createdb", "dropdb", "pg_dump", "pg_restore", "pg_ctl", "pg_basebackup"),
    *("sed", "cat", "tar", "cp", "mv", "rm", "mkdir", "touch", "sleep", "stty", "service-image-run"),
)
#: What a person puts in place: `<node>`, `<order's id>`. The second comes out as an id.
_PLACEHOLDER = re.compile(r"<[a-z][^<>\n]*>")
AN_ID = "019b76da-a800-7000-8000-000000000000"
#: Where our images have what they run.
_IN_OUR_IMAGES = "/app/run"
#: What a block leaves to the next one.
_ASSIGNMENT = re.compile(r"^(?:export )?\w+=.*$", re.MULTILINE)
_END = "(the end of a command)"
_RECORDER = f"""#!/bin/sh
printf '%s\\0' "$0" "$@" '{_END}' >>"$RECORD"
# What loops in the guides wait for.
case "$0" in */psql) echo f ;; esac
"""


class NotUnderstood(AssertionError):
    """A block that bash can't run, or that starts a program which isn't known; the message is bash's."""


class Typist:
    """A reader who types blocks in a folder, one after the other; nothing is run, but files are written.

    Paths below the folder are those that the blocks name from the repository's own. `variables` are set.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._record = folder / "record"
        own = {"PATH": str(folder / "bin"), "HOME": str(folder / "home"), "RECORD": str(self._record)}
        self._environment = own | dict(variables)
        self._assigned: list[str] = []
        _prepare(folder)

    def type(self, block: str) -> list[list[str]]:
        """Return each command that a block starts, as its words. Raises NotUnderstood."""
        script = _PLACEHOLDER.sub(_something, block).replace(_IN_OUR_IMAGES, "service-image-run")
        script = "\n".join([*self._assigned, script])
        self._assigned = _ASSIGNMENT.findall(script)
        self._record.write_text("")
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", script], input="typed\n",
            cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
        if done.returncode != 0 or done.stderr:
            raise NotUnderstood(f"{block}\n{done.stderr}")
        words = self._record.read_text().split("\0")[:-1]
        return list(_split(words, f"{self._folder / 'bin'}/"))


def _something(placeholder: re.Match[str]) -> str:
    return AN_ID if re.search(r"\bid\b", placeholder[0]) else "1"


def _split(words: Iterable[str], programs: str) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        if word == _END:
            command[0] = command[0].removeprefix(programs).removeprefix("./")
            yield command
            command = []
        else:
            command.append(word)


def _prepare(folder: Path) -> None:
    """Put a recorder in the place of every program, ours included."""
    ours = [path for path in (ROOT / "deploy" / "k8s").iterdir() if path.is_file() and "." not in path.name]
    places = [folder / path.relative_to(ROOT) for path in [ROOT / "manage_all.py", *ours]]
    for place in [*places, *(folder / "bin" / name for name in PROGRAMS)]:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_RECORDER)
        place.chmod(0o755)
    (folder / "home").mkdir(exist_ok=True)
