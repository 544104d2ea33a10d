"""Alert rules in which time runs faster, so that they can be tried within minutes."""

import copy
import re
from typing import Any

#: In milliseconds.
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = r"(\d+)([smhd])"
_RANGE = re.compile(rf"\[{_DURATION}\]")
_AGE = re.compile(r"(_age_seconds\)*\s*[<>]=?\s*)(\d+(?:\.\d+)?)")


def faster(rules: dict[str, Any], factor: int, *, shortest: int = 0) -> dict[str, Any]:
    """Return a rules file, as read from YAML, in which time runs `factor` times faster.

    No range becomes shorter than `shortest` seconds: it needs some scrapes.

    That is: `for`, the ranges, and what ages in seconds (`…_age_seconds`) are compared with. Counts and
    shares stay, and so do durations that are measured (`…_seconds_bucket`): their buckets are what they are.
    """
    changed = copy.deepcopy(rules)
    for group in changed["groups"]:
        for rule in group["rules"]:
            rule["expr"] = _faster_query(rule["expr"], factor, shortest)
            if "for" in rule:
                rule["for"] = _shorter(re.fullmatch(_DURATION, rule["for"]), factor)
    return changed


def _faster_query(query: str, factor: int, shortest: int) -> str:
    query = _RANGE.sub(lambda found: f"[{_shorter(found, factor, shortest)}]", query)
    return _AGE.sub(lambda found: f"{found[1]}{float(found[2]) / factor:g}", query)


def _shorter(found: re.Match[str] | None, factor: int, shortest: int = 0) -> str:
    assert found, "a duration of one unit"
    return f"{max(int(found[1]) * _UNITS[found[2]] // factor, shortest * 1000)}ms"
