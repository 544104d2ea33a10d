"""How the events move: recorded, published, applied, and what failed."""

from deploy.observability.dashboards.panels import Panel, Row, dashboard
from deploy.observability.dashboards.queries import quantile, rate, state

_SUBSCRIBER = "{{service}} ← {{stream}}"


def _count(title: str, query: str) -> Panel:
    return Panel(title, [(f"sum({query})", "")], kind="stat", limit=1)


_NOW = [
    _count("Halted streams", state("events_stream_halted", "stream")),
    _count("Dead letters", state("events_dead_letters")),
    _count("Parked events", state("events_parked")),
    _count("Skipped ranges", state("events_skipped_ranges")),
    _count("Services without a relay's lease", f"1 - {state('events_relay_lease_held')}"),
    _count("Services whose state can't be read", f"1 - {state('service_state_up')}"),
]
_PUBLISHED = [
    Panel(
        "Recorded and published",
        [
            (rate("events_recorded_total", "stream"), "{{stream}} recorded"),
            (rate("events_published_total", "stream"), "{{stream}} published"),
        ],
        "ops",
    ),
    Panel("Unpublished", [(state("events_unpublished", "stream"), "{{stream}}")]),
    Panel(
        "Age of the oldest unpublished",
        [(state("events_oldest_unpublished_age_seconds", "stream"), "{{stream}}")],
        "s",
        limit=15,
    ),
    Panel("Positions given", [(state("events_stream_head", "stream"), "{{stream}}")]),
]
_APPLIED = [
    Panel("Applied", [(rate("events_applied_total", "service", "stream"), _SUBSCRIBER)], "ops"),
    Panel("Lag, in events", [("service_stream:events_lag:max", _SUBSCRIBER)]),
    Panel(
        "From commit to effect, 99 %",
        [(quantile(0.99, "events_effect_delay_seconds", "service", "stream"), _SUBSCRIBER)],
        "s",
        limit=1,
    ),
    Panel("Catch-up pages sent", [(rate("events_catch_up_pages_total", "stream"), "{{stream}}")], "ops"),
]
_FAILED = [
    Panel(
        "Failed attempts",
        [(rate("events_failed_total", "service", "event_type"), "{{service}}: {{event_type}}")],
    ),
    Panel("Redrives", [(rate("events_redrives_total", "service", "outcome"), "{{service}} {{outcome}}")]),
    Panel(
        "Age of the oldest parked event and dead letter",
        [
            (state("events_oldest_parked_age_seconds"), "{{service}} parked"),
            (state("events_oldest_dead_letter_age_seconds"), "{{service}} dead"),
        ],
        "s",
    ),
    Panel(
        "Revocation, 99 %",
        [(quantile(0.99, "revocation_delay_seconds", "service"), "{{service}}")],
        "s",
        limit=5,
    ),
]


def text() -> str:
    """Return the dashboard."""
    rows = [Row("Now", _NOW), Row("Published", _PUBLISHED), Row("Applied", _APPLIED), Row("Failed", _FAILED)]
    return dashboard("marketplace-events", "Marketplace: events", rows)
