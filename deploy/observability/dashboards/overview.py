"""The marketplace as buyers and sellers have it: objectives, requests, holds, payments."""

from deploy.observability.dashboards.panels import Panel, Row, dashboard
from deploy.observability.dashboards.queries import quantile, rate, state
from deploy.observability.objectives import OBJECTIVES

_HTTP = "http_server_request_duration_seconds"
#: Probes are no visitors, and get a 503 when a part is away.
_VISITORS = 'job="marketplace", http_route!~"/?health/.*"'
_ALL = f"{_HTTP}_count{{{_VISITORS}}}"
_ERRORS = f'{_HTTP}_count{{{_VISITORS}, http_response_status_code=~"5.."}}'
_LATENESS, _SETTLING = "hold_expiry_lateness_seconds", "payment_settle_seconds"

_BUDGETS = [
    Panel(
        f"{one.name}: {one.share}",
        [(f'slo:error_ratio:rate3d{{slo="{one.name}"}} / {one.budget}', "")],
        unit="percentunit",
        kind="stat",
        limit=1,
        description="Over three days. At 100 % the error budget lasts just for its period.",
    )
    for one in OBJECTIVES
]
_REQUESTS = [
    Panel("Requests", [(rate(_ALL, "service"), "{{service}}")], "reqps"),
    Panel("Errors (5xx)", [(rate(_ERRORS, "service"), "{{service}}")], "reqps"),
    Panel("Duration, 99 %", [(quantile(0.99, _HTTP, "service"), "{{service}}")], "s", limit=1),
    Panel("Refused by a rate limit", [(rate("rate_limit_exceeded_total", "rate"), "{{rate}}")], "reqps"),
]
_HOLDS = [
    Panel(
        "Started and refused",
        [(rate("holds_started_total"), "started"), (rate("holds_refused_total", "reason"), "{{reason}}")],
        "ops",
    ),
    Panel("Ended", [(rate("holds_ended_total", "outcome"), "{{outcome}}")], "ops"),
    Panel("Open and overdue", [(state("holds_open"), "open"), (state("holds_overdue"), "overdue")]),
    Panel(
        "Lateness of expiry",
        [(quantile(0.5, _LATENESS), "50 %"), (quantile(0.99, _LATENESS), "99 %")],
        "s",
        limit=5,
    ),
]
_PAYMENTS = [
    Panel("Finished", [(rate("payments_finished_total", "outcome"), "{{outcome}}")], "ops"),
    Panel(
        "From completed to captured",
        [(quantile(0.5, _SETTLING), "50 %"), (quantile(0.99, _SETTLING), "99 %")],
        "s",
        limit=60,
    ),
    Panel(
        "Not settled",
        [
            (state("payments_unsettled"), "unsettled"),
            (state("payments_stuck"), "stuck"),
            (state("payments_ledger_differences"), "ledger differences"),
        ],
    ),
    Panel("Age of the oldest unsettled", [(state("payments_oldest_unsettled_age_seconds"), "")], "s"),
]


def text() -> str:
    """Return the dashboard."""
    rows = [
        Row("Error budgets", _BUDGETS),
        Row("Requests", _REQUESTS),
        Row("Holds", _HOLDS),
        Row("Payments", _PAYMENTS),
    ]
    return dashboard("marketplace-overview", "Marketplace: overview", rows)
