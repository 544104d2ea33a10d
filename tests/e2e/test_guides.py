"""The guides' commands for a stack that runs, on one that does.

What they name is checked elsewhere (tests/documents); here they do something.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.guides import ROOT, blocks, guides
from tests.documents.typed import AN_ID, Typist
from tests.load.scenarios import Scenario
from tests.running_stack import RunningStack

#: How each command ends, by how it begins: exit codes that are right on a stack where nothing is wrong.
ENDS: dict[str, set[int]] = {
    r"\./manage_all\.py events (lag|dead-letters|trace|replay)\b": {0},
    r"\S+ -m orders_service\.manage dead_letters( --redrive all)?$": {0},
    r"\S+ -m orders_service\.manage (export_orders|skipped_events)( --since 7d)?$": {0},
    # There is no such thing.
    r"\S+ -m orders_service\.manage skipped_events --settle 3 ": {1},
    r"\S+ -m orders_service\.manage dead_letters --(redrive|discard) 12\b": {1},
    r"\S+ -m orders_service\.manage (rebuild|archive_events) ": {0},
    # Nothing is halted.
    r"\S+ -m orders_service\.manage resume_stream ticket$": {1},
}
#: What is run elsewhere, or would leave the stack of the other tests as nobody wants it.
ELSEWHERE = (
    r"\./manage_all\.py secrets ",  # tests/documents/test_passwords.py
    r"\./manage_all\.py rotate-keys",  # tests/e2e/test_sessions.py
    r"\./manage_all\.py events tail order -f",  # never ends: below
    r"\S+ -m orders_service\.manage resume_stream ticket --from ",  # its own tests: a cursor is moved
    r"\S+ -m (payments|tickets)_service\.manage reconcile --orders ",  # the drill: it needs a list of orders
    r"\S+ -m auth_service\.manage rotate_keys --directory /etc/tickets",  # its own tests: writes there
)
BACKUPS = "back-up-and-restore.md"  # a drill of its own


@pytest.fixture
def typed(tmp_path: Path) -> list[str]:
    """Every command of ours that a guide's block has, as bash reads it."""
    found: dict[str, None] = {}
    for guide in guides():
        if guide.name != BACKUPS:
            folder = tmp_path / guide.stem
            folder.mkdir()
            reader = Typist(folder, {})
            words = [command for block in blocks(guide.read_text()) for command in reader.type(block)]
            ours = [[{"manage_all.py": "./manage_all.py"}.get(one[0], one[0]), *one[1:]] for one in words]
            found |= dict.fromkeys("\0".join(one) for one in ours if one[0] in {"./manage_all.py", "python"})
    return list(found)


class TestTheGuides:
    @pytest.mark.timeout(300)
    def test_have_commands_that_do_what_they_say(
        self, stack: RunningStack, scenario: Scenario, typed: list[str]
    ) -> None:
        order = scenario.hold(scenario.ticket("Guides"))["id"]
        wrong = []
        for command in typed:
            words = command.replace(AN_ID, order).split("\0")
            line = " ".join(words)
            if any(re.match(place, line) for place in ELSEWHERE):
                continue
            ends = next((codes for start, codes in ENDS.items() if re.match(start, line)), None)
            if ends is None:
                wrong.append(f"{line}: nobody has said how it ends")
                continue
            done = run(words, stack)
            if done.returncode not in ends or "Traceback" in done.stdout + done.stderr:
                wrong.append(f"{line}: {done.returncode}\n{done.stdout}{done.stderr}")
        assert wrong == []

    @pytest.mark.parametrize("command", ["events tail order -f", "status", "doctor"])
    def test_name_what_shows_the_stack(self, stack: RunningStack, command: str) -> None:
        follows = command.endswith("-f")
        words = ["timeout", "--signal=INT", "5", "./manage_all.py", *command.split()]
        done = run(words if follows else words[3:], stack)
        assert "Traceback" not in done.stderr
        assert done.stdout or follows


def run(words: list[str], stack: RunningStack) -> subprocess.CompletedProcess[str]:
    """Run a command from the repository, in the environment of its service or of the stack."""
    environment = {**os.environ, "STACK_RUN_DIR": str(stack.run_dir)}
    if words[0] == "python":
        service = words[2].partition("_service")[0]
        environment, words = stack.environment(service), [sys.executable, *words[1:]]
    return subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
