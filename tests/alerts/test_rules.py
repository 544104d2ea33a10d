"""The alert rules as Prometheus reads them: valid, and each fires on its symptom and not beside it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.suites.promtool import find_promtool

FOLDER = Path(__file__).parents[2] / "deploy" / "observability"
TESTS = sorted((FOLDER / "tests").glob("*.yaml"))


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = find_promtool()
    assert program
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=120
    )  # fmt: skip


def alerts_of(path: Path) -> set[str]:
    groups = yaml.safe_load(path.read_text())["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


def checks(path: Path) -> Iterator[tuple[str, bool]]:
    """Which alerts a file of tests asks for, and whether they are to fire."""
    for test in yaml.safe_load(path.read_text())["tests"]:
        for check in test["promql_expr_test"]:
            if check["expr"].startswith("ALERTS"):
                name = check["expr"].partition('alertname="')[2].partition('"')[0]
                yield name, bool(check["exp_samples"])


class TestTheRules:
    def test_are_valid(self) -> None:
        done = promtool("check", "rules", *(FOLDER / "rules").glob("*.yaml"))
        assert done.returncode == 0, done.stderr

    def test_are_found_by_prometheus(self) -> None:
        done = promtool("check", "config", FOLDER / "prometheus.yml")
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
    def test_fire_on_their_symptoms_and_not_beside_them(self, path: Path) -> None:
        done = promtool("test", "rules", path)
        assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
    def test_are_all_tested_both_ways(self, path: Path) -> None:
        tested = set(checks(path))
        for name in alerts_of(FOLDER / "rules" / path.name):
            assert {(name, True), (name, False)} <= tested, name


class TestTheTests:
    """The controls: with other rules they fail."""

    @pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
    def test_find_alerts_that_never_fire(self, path: Path, tmp_path: Path) -> None:
        done = _with_other_rules(path, tmp_path, lambda expression: f"({expression}) and on () vector(1) > 2")
        assert done.returncode != 0
        for name, fires in checks(path):
            assert not fires or name in done.stdout + done.stderr, name

    @pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
    def test_find_alerts_that_always_fire(self, path: Path, tmp_path: Path) -> None:
        done = _with_other_rules(path, tmp_path, lambda _: "vector(1)")
        assert done.returncode != 0
        for name, _ in checks(path):
            assert name in done.stdout + done.stderr, name


def _with_other_rules(
    path: Path, folder: Path, change: Callable[[str], str]
) -> subprocess.CompletedProcess[str]:
    rules: dict[str, Any] = yaml.safe_load((FOLDER / "rules" / path.name).read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                rule["expr"] = change(rule["expr"])
    for name in ("rules", "tests"):
        (folder / name).mkdir()
    (folder / "rules" / path.name).write_text(yaml.safe_dump(rules))
    shutil.copy(path, folder / "tests" / path.name)
    return promtool("test", "rules", folder / "tests" / path.name)
