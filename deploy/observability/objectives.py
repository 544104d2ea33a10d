"""The service level objectives: what counts as good, and the rules that follow from it.

Each objective gives the share of bad events over seven windows (`slo:error_ratio:rate5m` …), how many bad
ones there were (`slo:bad_events:increase1h`, `…1d`), and one alert of two severities by how fast the error
budget of a month is used up: https://sre.google/workbook/alerting-on-slos/ (multiwindow, multi-burn-rate).
"""

from dataclasses import dataclass

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
_COUNTED = ("1h", "1d")
#: With few events one that fails is a large share: nobody is called for fewer than this.
_FEWEST = 5
#: By severity: the factors of the budget's even use, each with its long and its short window, and the time
#: within which the fewest bad events are counted.
_BURNING = {
    "critical": ((("14.4", "1h", "5m"), ("6", "6h", "30m")), "1h"),
    "warning": ((("3", "1d", "2h"), ("1", "3d", "6h")), "1d"),
}


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A share of events that has to be good, such as 0.999.

    `good` and `total` are counters' selectors, without a range.
    """

    name: str
    alert: str
    share: str
    budget: str
    good: str
    total: str
    summary: str


def _within(histogram: str, seconds: int) -> dict[str, str]:
    """Return what counts what took `seconds` at most; the histogram needs this bucket."""
    return {"good": f'{histogram}_bucket{{le="{seconds}.0"}}', "total": f"{histogram}_count"}


_HOLDS = 'job="marketplace", service="orders", http_request_method="POST", http_route=~"/?api/orders/?"'
OBJECTIVES = (
    Objective(
        name="holds-answered",
        alert="HoldsNotAnswered",
        share="99.9 %",
        budget="0.001",
        good="http_server_request_duration_seconds_bucket"
        f'{{{_HOLDS}, http_response_status_code!~"5..", le="1.0"}}',
        total=f"http_server_request_duration_seconds_count{{{_HOLDS}}}",
        summary="Buyers' holds are refused with an error, or take more than a second",
    ),
    Objective(
        name="effects-in-time",
        alert="EffectsLate",
        share="99.9 %",
        budget="0.001",
        **_within("events_effect_delay_seconds", 1),
        summary="What one service records takes more than a second to have its effect in another",
    ),
    Objective(
        name="expiry-in-time",
        alert="ExpiryLate",
        share="99.5 %",
        budget="0.005",
        **_within("hold_expiry_lateness_seconds", 5),
        summary="Holds expire more than five seconds late",
    ),
    Objective(
        name="money-settled",
        alert="MoneySettledLate",
        share="99.5 %",
        budget="0.005",
        **_within("payment_settle_seconds", 60),
        summary="Payments of completed orders take more than a minute to be captured",
    ),
)

_HEAD = """\
# Written by `./manage_all.py observability` from deploy/observability/objectives.py: change it there.
groups:
"""
_GROUP = """\
  # {share} of {name}.
  - name: slo-{name}
    rules:
"""
_RATIO = """\
      - record: slo:error_ratio:rate{window}
        expr: |
          1 - (sum(rate({good}[{window}])) or vector(0))
          / (sum(rate({total}[{window}])) > 0)
        labels: {{slo: {name}}}
"""
_COUNT = """\
      - record: slo:bad_events:increase{window}
        expr: |
          sum(increase({total}[{window}]))
          - (sum(increase({good}[{window}])) or vector(0))
        labels: {{slo: {name}}}
"""
_ALERT = """\
      - alert: {alert}
        expr: |
          (
{burning}
          )
          and on (slo) slo:bad_events:increase{counted}{{slo="{name}"}} >= {fewest}
        for: 1m
        labels: {{severity: {severity}}}
        annotations:
          summary: "{summary}"
          description: "{{{{ $value | humanizePercentage }}}} over the long window; objective: {share} good."
          runbook_url: docs/how-to/operate.md#{anchor}
"""
_BURN = """\
            (
              slo:error_ratio:rate{long}{{slo="{name}"}} > {factor} * {budget}
              and slo:error_ratio:rate{short}{{slo="{name}"}} > {factor} * {budget}
            )"""


def rules() -> str:
    """Return the rules file of all objectives."""
    return _HEAD + "".join(_group(one) for one in OBJECTIVES)


def _group(one: Objective) -> str:
    values = vars(one)
    ratios = [_RATIO.format(**values, window=window) for window in WINDOWS]
    counts = [_COUNT.format(**values, window=window) for window in _COUNTED]
    alerts = [_alert(one, severity) for severity in _BURNING]
    return "".join([_GROUP.format(**values), *ratios, *counts, *alerts])


def _alert(one: Objective, severity: str) -> str:
    burns, counted = _BURNING[severity]
    burning = [
        _BURN.format(**vars(one), factor=factor, long=long, short=short) for factor, long, short in burns
    ]
    return _ALERT.format(
        **vars(one),
        severity=severity,
        burning="\n            or\n".join(burning),
        counted=counted,
        fewest=_FEWEST,
        anchor=one.alert.lower(),
    )
