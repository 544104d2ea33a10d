"""The tutorial does what it says: its commands and code blocks are taken as they stand."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.environment import base_environment
from local_stack.throwaway import temporary_run_dir

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "add-a-service.md"
BUILT = Path("examples/blog/moderation_service")

#: A code block with the line of text before it, or a line deleted by hand.
STEP = re.compile(
    r"(?:^(?P<intro>[^\n]*):\n\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$"
    r"|^In `(?P<file>[^`]+)`, delete the line with `(?P<line>[^`]+)`\.$",
    re.MULTILINE | re.DOTALL,
)
WRITE = re.compile(r"Write `([^`]+)`$")
ADD = re.compile(r"In `([^`]+)`, after the line with `([^`]+)`, add$")
_END = "the block has ended with"


class Reader:
    """Somebody who follows the tutorial word by word, in a checkout and a terminal of their own."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self._said = ""
        self._terminal = subprocess.Popen(
            ["bash"],
            cwd=checkout,
            env=base_environment(),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def follow(self, step: re.Match[str]) -> None:
        if step["file"]:
            self._edit(step["file"], step["line"], keep=False, addition="")
        elif step["kind"] == "sh":
            self.run(step["body"])
        elif step["kind"] == "text":
            self._expect(step["body"])
        elif wanted := WRITE.search(step["intro"] or ""):
            (self.checkout / wanted[1]).write_text(step["body"])
        elif wanted := ADD.search(step["intro"] or ""):
            self._edit(wanted[1], wanted[2], keep=True, addition=step["body"])
        else:
            pytest.fail(f"What is to be done with this?\n{step[0]}")

    def run(self, commands: str) -> None:
        """Type the commands; fail when one of them does."""
        assert self._terminal.stdin
        assert self._terminal.stdout
        # Each only after the one before; `set -e` would close the terminal.
        all_of_them = " &&\n".join(command for command in commands.splitlines() if command)
        self._terminal.stdin.write(f"{all_of_them}\ncode=$?; echo; echo {_END} $code\n")
        self._terminal.stdin.flush()
        said = ""
        for line in self._terminal.stdout:
            if line.startswith(_END):
                assert line.split()[-1] == "0", said
                self._said += said
                return
            said += line
        pytest.fail(f"The terminal has closed:\n{said}")

    def leave(self) -> None:
        """Close the terminal."""
        self._terminal.communicate()

    def _edit(self, file: str, known: str, *, keep: bool, addition: str) -> None:
        place = self.checkout / file
        before, line, after = _around(place.read_text(), known)
        place.write_text(before + (line if keep else "") + addition + after)

    def _expect(self, lines: str) -> None:
        """See the lines in what was said since the last time, in this order; “…” stands for anything."""
        pattern = ".*?".join(re.escape(line).replace("…", ".*") for line in lines.splitlines())
        assert re.search(pattern, self._said, re.DOTALL), f"expected\n{lines}\nin\n{self._said}"
        self._said = ""


def _around(text: str, known: str) -> tuple[str, str, str]:
    """Return what is before the one line that holds `known`, that line, and what is after it."""
    lines = text.splitlines(keepends=True)
    [number] = [number for number, line in enumerate(lines) if known in line]
    return "".join(lines[:number]), lines[number], "".join(lines[number + 1 :])


@pytest.fixture
def reader() -> Iterator[Reader]:
    # Postgres runs as another user when we are root, who must be able to pass through.
    with temporary_run_dir() as folder:
        checkout = folder / "checkout"
        leftovers = shutil.ignore_patterns(".git", ".venv", ".run", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, checkout, ignore=leftovers)
        (checkout / ".venv").symlink_to(ROOT / ".venv")
        reader = Reader(checkout)
        yield reader
        reader.leave()
        # Where the tutorial was left half way, something still runs.
        down = ["./manage_all.py", "down", "--example", "blog", "--wipe"]
        subprocess.run(down, cwd=checkout, env=base_environment(), check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Reader]:
    """A reader in an empty folder."""
    reader = Reader(tmp_path)
    yield reader
    reader.leave()


class TestAReader:
    @pytest.mark.parametrize("commands", ["false", "true\nfalse\ntrue\n", "ls nothing-of-the-kind"])
    def test_stops_at_a_command_that_fails(self, elsewhere: Reader, commands: str) -> None:
        with pytest.raises(AssertionError):
            elsewhere.run(commands)

    @pytest.mark.parametrize("page", ["```text\nb…\na\n```", "```text\nz\n```"])
    def test_stops_where_something_else_is_said(self, elsewhere: Reader, page: str) -> None:
        elsewhere.run("echo a\necho bc\n")
        with pytest.raises(AssertionError, match="expected"):
            _follow(elsewhere, page)

    def test_writes_and_edits_files_as_told(self, elsewhere: Reader) -> None:
        page = (
            "Write `list`:\n\n```python\none\ntwo\nthree\n```\n\n"
            "In `list`, after the line with `two`, add:\n\n```python\nmore\n```\n\n"
            "In `list`, delete the line with `one`.\n\n"
            "```sh\nA=x\n```\nand\n```sh\ncat list; echo $A\n```\n\n```text\ntwo\nm…e\nthree\nx\n```\n"
        )
        _follow(elsewhere, page)
        assert (elsewhere.checkout / "list").read_text() == "two\nmore\nthree\n"

    def test_asks_about_a_block_without_a_place(self, elsewhere: Reader) -> None:
        with pytest.raises(pytest.fail.Exception, match="What is to be done"):
            _follow(elsewhere, "Consider this:\n\n```python\npass\n```\n")


class TestTheTutorial:
    @pytest.mark.timeout(300)
    def test_does_what_it_says_and_builds_what_is_there(self, reader: Reader) -> None:
        _follow(reader, TUTORIAL.read_text())
        assert _sources(reader.checkout) == _sources(ROOT)
        assert _without_date(reader.checkout) == _without_date(ROOT)


def _follow(reader: Reader, page: str) -> None:
    steps = list(STEP.finditer(page))
    assert steps
    for step in steps:
        reader.follow(step)


def _sources(root: Path) -> dict[Path, str]:
    paths = [path for path in (root / BUILT).rglob("*.py") if "migrations" not in path.parts]
    table = root / "local_stack" / "services.py"
    return {path.relative_to(root): path.read_text() for path in [*paths, table]}


def _without_date(root: Path) -> str:
    [migration] = (root / BUILT).rglob("0001_initial.py")
    return migration.read_text().partition("\n")[2]
