"""The reference lists every metric that the code has, and no other."""

import re
import subprocess

from tests.documents.guides import ROOT

PAGE = ROOT / "docs/reference/metrics.md"
_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|", re.MULTILINE)
_MADE = re.compile(r"""\b(Counter|Histogram|Gauge)\(\s*"([a-z_]+)",\s*["f]""")
_STATE = re.compile(r"""\(\s*"((?:events|commands)_\w+)",\s*"[^"]+",\s*(?:status|len|")""")
_FAMILY = re.compile(r"""GaugeMetricFamily\(\s*"(\w+)",""")
_SUFFIX = {"Counter": "_total"}


def metrics_in_the_code() -> set[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    found: set[tuple[str, str]] = set()
    for name in listed:
        if "/tests/" in name or name.startswith("tests/"):
            continue
        text = (ROOT / name).read_text()
        if "prometheus_client" not in text and "shared_events.metrics" not in text:
            continue
        found |= {(made + _SUFFIX.get(kind, ""), kind.lower()) for kind, made in _MADE.findall(text)}
        found |= {(made, "gauge") for made in (*_STATE.findall(text), *_FAMILY.findall(text))}
    return found


def test_lists_every_metric() -> None:
    listed = set(_ROW.findall(PAGE.read_text()))
    assert listed == metrics_in_the_code()


def test_the_code_has_some() -> None:
    """The control."""
    assert ("events_stream_position", "gauge") in metrics_in_the_code()
    assert ("holds_started_total", "counter") in metrics_in_the_code()
