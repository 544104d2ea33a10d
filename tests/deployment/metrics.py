"""The metrics that there are, and those that a query names."""

import re

#: What the services give, from docs/reference/metrics.md once it is there.
COUNTERS = frozenset({
    "rate_limit_exceeded_total", "db_client_connections_created_total", "events_recorded_total",
    "events_published_total", "events_applied_total", "events_failed_total", "events_catch_up_pages_total",
    "events_redrives_total", "commands_sent_total", "commands_finished_total",
    "broker_publish_failures_total", "sweep_rows_total", "sweep_failures_total",
    "holds_started_total", "holds_refused_total",
    "holds_ended_total", "payments_finished_total",
})  # fmt: skip
HISTOGRAMS = frozenset({
    "http_server_request_duration_seconds", "events_effect_delay_seconds", "command_duration_seconds",
    "command_lateness_seconds", "broker_publish_duration_seconds", "hold_expiry_lateness_seconds",
    "payment_settle_seconds", "revocation_delay_seconds",
})  # fmt: skip
GAUGES = frozenset({
    "events_stream_head", "events_unpublished", "events_oldest_unpublished_age_seconds",
    "events_stream_position", "events_stream_lag", "events_stream_halted", "events_parked",
    "events_oldest_parked_age_seconds", "events_dead_letters", "events_oldest_dead_letter_age_seconds",
    "events_skipped_ranges", "events_relay_lease_held", "commands_waiting",
    "commands_oldest_waiting_age_seconds", "service_state_up", "holds_open", "holds_overdue",
    "holds_oldest_overdue_age_seconds", "payments_unsettled", "payments_oldest_unsettled_age_seconds",
    "payments_stuck", "payments_ledger_differences",
})  # fmt: skip
#: What Prometheus and RabbitMQ give.
OTHERS = frozenset({
    "up", "rabbitmq_alarms_memory_used_watermark", "rabbitmq_alarms_free_disk_space_watermark",
    "rabbitmq_alarms_file_descriptor_limit", "rabbitmq_detailed_queue_consumers",
    "rabbitmq_detailed_queue_messages",
})  # fmt: skip

_KEYWORDS = frozenset({"and", "or", "unless", "group_left", "group_right", "bool"})
#: Texts, selectors, ranges and lists of labels, none of which names a metric.
_BESIDE = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)')
_NAME = re.compile(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])")


def series() -> frozenset[str]:
    """Return the name of every series that a query may ask for."""
    parts = {f"{name}_{part}" for name in HISTOGRAMS for part in ("bucket", "count", "sum")}
    return COUNTERS | GAUGES | OTHERS | parts


def named_in(query: str) -> set[str]:
    """Return the metrics that a PromQL query names."""
    return set(_NAME.findall(_BESIDE.sub(" ", query))) - _KEYWORDS
