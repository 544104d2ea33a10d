"""Time runs faster in every rule, and nothing else changes."""

from pathlib import Path

import pytest
import yaml

from tests.alerts.faster import faster
from tests.alerts.test_rules import promtool

RULES = sorted((Path(__file__).parents[2] / "deploy" / "observability" / "rules").glob("*.yaml"))


def query(text: str, factor: int = 10) -> str:
    [group] = faster({"groups": [{"rules": [{"record": "a:b", "expr": text}]}]}, factor)["groups"]
    return str(group["rules"][0]["expr"])


@pytest.mark.parametrize(
    ("slow", "fast"),
    [
        ("max by (service) (events_oldest_unpublished_age_seconds) > 15",
         "max by (service) (events_oldest_unpublished_age_seconds) > 1.5"),
        ("increase(sweep_failures_total[15m]) > 2", "increase(sweep_failures_total[90000ms]) > 2"),
        ("max_over_time(up[1d]) == 0", "max_over_time(up[8640000ms]) == 0"),
        ("histogram_quantile(0.9, rate(revocation_delay_seconds_bucket[15m])) > 5",
         "histogram_quantile(0.9, rate(revocation_delay_seconds_bucket[90000ms])) > 5"),
        ('slo:error_ratio:rate1h{slo="x"} > 14.4 * 0.001', 'slo:error_ratio:rate1h{slo="x"} > 14.4 * 0.001'),
    ],
)  # fmt: skip
def test_runs_through_ranges_and_ages_faster_and_leaves_the_rest(slow: str, fast: str) -> None:
    assert query(slow) == fast


def test_keeps_ranges_long_enough_for_some_scrapes() -> None:
    rules = {"groups": [{"rules": [{"record": "a", "expr": "rate(b[5m]) / rate(b[1h])", "for": "1m"}]}]}
    [rule] = faster(rules, 60, shortest=15)["groups"][0]["rules"]
    assert rule == {"record": "a", "expr": "rate(b[15000ms]) / rate(b[60000ms])", "for": "1000ms"}


def test_waits_shorter_before_it_fires_and_leaves_the_original_alone() -> None:
    rules = {"groups": [{"rules": [{"alert": "A", "expr": "up == 0", "for": "2m"}]}]}
    assert faster(rules, 60)["groups"][0]["rules"][0]["for"] == "2000ms"
    assert rules["groups"][0]["rules"][0]["for"] == "2m"


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_makes_rules_that_prometheus_takes(path: Path, tmp_path: Path) -> None:
    made = yaml.safe_dump(faster(yaml.safe_load(path.read_text()), 60))
    (tmp_path / path.name).write_text(made)
    done = promtool("check", "rules", tmp_path / path.name)
    assert done.returncode == 0, done.stderr
    assert not any(f"{unit}]" in made.replace("ms]", "") for unit in "smhd")
