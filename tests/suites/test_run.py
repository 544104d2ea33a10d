"""Choosing suites, and adding up what pytest says."""

from pathlib import Path

import pytest

from local_stack.backing import rabbitmq
from tests.suites import chromium, promtool
from tests.suites import run as run_suites
from tests.suites.run import Crew, select
from tests.suites.table import SUITES, Suite, UnknownSuite

SUITE = Suite(name="example", paths=("nowhere",))


def counted(output: str, code: int = 0, *, filtered: bool = False) -> tuple[int, int, int]:
    result = run_suites._result(SUITE, code, output, 1.0, filtered=filtered)
    return result.passed, result.failed, result.skipped


class TestAResult:
    @pytest.mark.parametrize(
        ("output", "code", "counts"),
        [
            ("....\n4 passed in 0.1s", 0, (4, 0, 0)),
            ("== 1 failed, 12 passed, 3 skipped in 2.50s ==", 1, (12, 1, 3)),
            ("5 passed, 2 errors in 1s", 1, (5, 2, 0)),
            ("3 passed, 1 xfailed, 1 xpassed in 1s", 0, (3, 1, 1)),
            ("40 passed and 2 failed, a test printed\n7 passed in 1s", 0, (7, 0, 0)),
        ],
    )
    def test_counts_what_pytest_says_last(self, output: str, code: int, counts: tuple[int, ...]) -> None:
        assert counted(output, code) == counts

    def test_of_a_process_that_broke_is_a_failure(self) -> None:
        assert counted("Segmentation fault", -11) == (0, 1, 0)

    def test_without_any_test_is_a_failure(self) -> None:
        assert counted("no tests ran in 0.1s", 5) == (0, 1, 0)

    def test_without_any_test_is_fine_where_the_user_chose_by_name(self) -> None:
        assert counted("no tests ran in 0.1s", 5, filtered=True) == (0, 0, 0)


class TestSelect:
    def test_takes_all_but_the_slow_ones_by_default(self) -> None:
        assert select([]) == [suite for suite in SUITES if not suite.slow]

    def test_takes_a_family_by_its_first_name(self) -> None:
        assert [suite.name for suite in select(["e2e", "orders"])] == [
            "orders",
            "e2e-embedded",
            "e2e-rabbitmq",
        ]

    def test_takes_a_slow_one_by_its_own_name_alone(self) -> None:
        assert [suite.name for suite in select(["alerts"])] == ["alerts"]
        assert [suite.name for suite in select(["alerts-live"])] == ["alerts-live"]

    def test_refuses_an_unknown_name_and_lists_the_known(self) -> None:
        with pytest.raises(UnknownSuite, match=r"'ordres'.*orders"):
            select(["ordres"])


class TestAMachineWithoutRabbitMQ:
    @pytest.fixture(autouse=True)
    def _uninstalled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rabbitmq, "server_script", lambda: None)

    @pytest.mark.parametrize(("ci", "counts"), [("", (0, 0, 1)), ("true", (0, 1, 0))])
    def test_skips_its_suite_but_fails_in_ci(
        self, ci: str, counts: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CI", ci)
        [suite] = select(["e2e-rabbitmq"])
        result = run_suites._run(suite, {}, None, Crew())
        assert (result.passed, result.failed, result.skipped) == counts
        assert "apt-get install" in result.note


class TestAMachineWithoutABrowser:
    @pytest.fixture(autouse=True)
    def _uninstalled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chromium, "find_chromium", lambda: None)

    @pytest.mark.parametrize(("ci", "counts"), [("", (0, 0, 1)), ("true", (0, 1, 0))])
    def test_skips_its_suite_but_fails_in_ci(
        self, ci: str, counts: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CI", ci)
        [suite] = select(["browser"])
        result = run_suites._run(suite, {}, None, Crew())
        assert (result.passed, result.failed, result.skipped) == counts
        assert "Chromium" in result.note
        assert "apt-get install" in result.note


class TestAMachineWithoutPromtool:
    @pytest.mark.parametrize(("ci", "counts"), [("", (0, 0, 1)), ("true", (0, 1, 0))])
    def test_skips_its_suite_but_fails_in_ci(
        self, ci: str, counts: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(promtool, "find_promtool", lambda: None)
        monkeypatch.setenv("CI", ci)
        [suite] = select(["alerts"])
        result = run_suites._run(suite, {}, None, Crew())
        assert (result.passed, result.failed, result.skipped) == counts
        assert "promtool isn't installed: apt-get install" in result.note

    @pytest.mark.parametrize(("ci", "counts"), [("", (0, 0, 1)), ("true", (0, 1, 0))])
    def test_skips_what_runs_a_prometheus_where_there_is_none(
        self, ci: str, counts: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CI", ci)
        monkeypatch.setattr(promtool, "find_prometheus", lambda: None)
        monkeypatch.setattr(promtool, "find_promtool", lambda: Path("promtool"))
        monkeypatch.setattr(rabbitmq, "server_script", lambda: Path("rabbitmq-server"))
        [suite] = select(["alerts-live"])
        result = run_suites._run(suite, {}, None, Crew())
        assert (result.passed, result.failed, result.skipped) == counts
        assert "Prometheus isn't installed: apt-get install" in result.note
