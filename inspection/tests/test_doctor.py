"""What `doctor` calls a problem, and what it only advises."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspection import doctor
from inspection.doctor import Finding
from local_stack.backing import rabbitmq
from local_stack.systems.marketplace import MARKETPLACE
from requirements import bootstrap

FINE: dict[str, Any] = {
    "unpublished": 0, "unsent": 0, "dead_letters": 0, "halted": 0, "skipped": 0, "behind": 0,
    "relay_away": None, "queues": {},
}  # fmt: skip


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which everything is as it should be, and no RabbitMQ."""

    def packages() -> Iterator[Finding]:
        yield Finding("packages as locked")

    monkeypatch.setattr(rabbitmq, "server_script", lambda: None)
    monkeypatch.setattr(doctor, "_packages", packages)
    monkeypatch.setattr(doctor, "is_free", lambda port: True)


@pytest.mark.usefixtures("healthy")
class TestAMachineWithoutRabbitMQ:
    def test_is_well_and_gets_advice_apart_from_the_findings(
        self, run_dir: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert doctor.doctor(run_dir) == 0
        findings, advice = capsys.readouterr().out.split("\nAdvice\n")
        assert "✗" not in findings
        assert "RabbitMQ" not in findings
        assert "RabbitMQ isn't installed; the embedded broker takes its place" in advice
        assert rabbitmq.INSTALL_COMMAND in advice
        assert advice.endswith("\nNothing to mend.\n")

    def test_with_a_problem_is_not_well(
        self, run_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(doctor, "_DISK_NEEDED", 10**18)
        assert doctor.doctor(run_dir) == 1
        assert capsys.readouterr().out.endswith("\n1 to mend\n")


@pytest.mark.usefixtures("healthy")
class TestATakenPort:
    def test_is_no_problem_as_another_is_chosen(
        self, run_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(doctor, "is_free", lambda port: False)
        assert doctor.doctor(run_dir) == 0
        assert "port 8080 is taken by" in capsys.readouterr().out.split("\nAdvice\n")[1]


@pytest.mark.usefixtures("healthy")
class TestAMachineThatLacksNothing:
    def test_gets_no_advice(
        self, run_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(rabbitmq, "server_script", lambda: Path("/usr/lib/rabbitmq/bin/rabbitmq-server"))
        assert doctor.doctor(run_dir) == 0
        said = capsys.readouterr().out
        assert "Advice" not in said
        assert said.endswith("\nAll is well.\n")


class TestPackages:
    @pytest.fixture(autouse=True)
    def _locked(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two lock files: one is installed as it says, the other was never installed."""
        (tmp_path / "run.txt").write_text(
            f"pytest=={pytest.__version__}\nconditional==1 ; python_version < '3'\n"
        )
        (tmp_path / "test.txt").write_text("never-installed==1\n")
        monkeypatch.setattr(doctor, "path_of", lambda lock: tmp_path / f"{lock}.txt")
        monkeypatch.setattr(bootstrap, "is_installed", lambda lock: lock == "run")

    def test_are_compared_with_the_lock_file_that_was_installed(self) -> None:
        assert [*doctor._packages()] == [Finding("packages as locked (run)")]

    def test_that_differ_are_a_problem(self, tmp_path: Path) -> None:
        (tmp_path / "run.txt").write_text("pytest==0.1\n")
        [finding] = doctor._packages()
        assert finding.what == "packages differ from the lock file (run): pytest 0.1"
        assert finding.mend


class TestABacklog:
    def test_is_fine_when_it_is_empty(self) -> None:
        assert list(doctor._backlog(MARKETPLACE, "orders", FINE)) == []

    @pytest.mark.parametrize(
        ("what", "command"),
        [
            ("dead_letters", "events dead-letters --redrive all"),
            ("halted", "events resume --help"),
            ("skipped", "events skipped"),
        ],
    )
    def test_is_not_fine_while_a_person_has_to_decide(self, what: str, command: str) -> None:
        [finding] = doctor._backlog(MARKETPLACE, "orders", FINE | {what: 2})
        assert "2" in finding.what
        assert finding.mend == f"./manage_all.py manage orders {command}"
