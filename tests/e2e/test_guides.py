"""The guides' commands for a stack that runs, on one that does.

What they name is checked elsewhere (tests/documents); here they do something.
"""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.guides import ROOT, blocks, guides
from tests.documents.typed import AN_ID, Typist
from tests.load.scenarios import Scenario
from tests.running_stack import RunningStack, wait_for

#: A service's management command, on the local stack, and in its pod or container.
SERVICE = r"(?:\S+ -m \w+_service\.manage|\./manage_all\.py manage \w+) "
#: How each command ends, by how it begins: exit codes that are right on a stack where nothing is wrong.
ENDS: dict[str, set[int]] = {
    r"\./manage_all\.py events (lag|dead-letters|trace|replay)\b": {0},
    SERVICE + r"events (status|lag|trace|search|replay|rebuild|archive)\b": {0},
    SERVICE + r"events dead-letters( --redrive all)?$": {0},
    SERVICE + r"(export_orders --since 7d|reconcile --since 7d|events skipped)$": {0},
    # There is no such thing.
    SERVICE + r"events skipped --settle 3 ": {1},
    SERVICE + r"events dead-letters --(redrive|discard) 12\b": {1},
    # Nothing is halted.
    SERVICE + r"events resume ticket$": {1},
}
#: What is run elsewhere, or would leave the stack unusable for the other tests.
ELSEWHERE = (
    r"\./manage_all\.py secrets ",  # tests/documents/test_passwords.py
    r"\./manage_all\.py rotate-keys",  # tests/e2e/test_sessions.py
    r"\./manage_all\.py observability$",  # tests/deployment/test_observability.py
    r"\./manage_all\.py test ",  # the suites that it names
    r"\./manage_all\.py up\b",  # local_stack/tests/test_up.py
    rf"(\./manage_all\.py |{SERVICE})events tail order -f",  # never ends: below
    SERVICE + r"events resume ticket --from ",  # its own tests: a cursor is moved
    SERVICE + r"reconcile --orders ",  # the drill: it needs a list of orders
    SERVICE + r"rotate_keys --directory /etc/tickets",  # its own tests: writes there
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
            found |= dict.fromkeys("\0".join(one) for one in map(of_ours, words) if one)
    return list(found)


def of_ours(words: list[str]) -> list[str]:
    """Return a command of ours, also if it is typed in a pod or a container; otherwise nothing."""
    if words[0] == "manage_all.py":
        return ["./manage_all.py", *words[1:]]
    if words[0] in {"kubectl", "docker"} and "exec" in words and "python" in words:
        return words[words.index("python") :]
    return words if words[0] == "python" else []


def is_read(stack: RunningStack) -> bool:
    """Whether orders has read the tickets: a replay leads back behind what was read."""
    status = run(["python", "-m", "orders_service.manage", "events", "status", "--json"], stack)
    [tickets] = [each for each in json.loads(status.stdout)["followed"] if each["stream"] == "ticket"]
    return bool(tickets["position"]) and not tickets["lag_events"]


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
                wrong.append(f"{line}: its exit code isn't listed")
                continue
            if " replay " in line:
                wait_for(lambda: is_read(stack), within=30, what="what an earlier guide has replayed")
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

    def test_name_what_follows_a_services_events_until_it_is_interrupted(
        self, stack: RunningStack, scenario: Scenario
    ) -> None:
        scenario.hold(scenario.ticket("Followed"))
        words = (sys.executable, "-m", "orders_service.manage", "events", "tail", "order", "-f")
        with subprocess.Popen(
            words, cwd=ROOT, env=stack.environment("orders"), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert " order:" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in errors


def run(words: list[str], stack: RunningStack) -> subprocess.CompletedProcess[str]:
    """Run a command from the repository, in the environment of its service or of the stack."""
    environment = {**os.environ, "STACK_RUN_DIR": str(stack.run_dir)}
    if words[0] == "python":
        service = words[2].partition("_service")[0]
        environment, words = stack.environment(service), [sys.executable, *words[1:]]
    return subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
