"""The processes, their commands and sweeps, and what they run on: the broker and the databases."""

from deploy.observability.dashboards.panels import Panel, Row, dashboard
from deploy.observability.dashboards.queries import quantile, rate, state

_UP = 'max by (service, process) (up{job="marketplace"})'
_QUEUES = 'rabbitmq_detailed_queue_messages{job="marketplace-queues"}'
_CONSUMERS = 'rabbitmq_detailed_queue_consumers{job="marketplace-queues"}'
_CONFIRM = "broker_publish_duration_seconds"

_PROCESSES = [
    Panel("Answering", [(_UP, "{{service}} {{process}}")]),
    Panel("Database is readable", [(state("service_state_up"), "{{service}}")]),
    Panel(
        "New database connections",
        [(rate("db_client_connections_created_total", "service"), "{{service}}")],
        "ops",
    ),
]
_COMMANDS = [
    Panel(
        "Sent and finished",
        [
            (rate("commands_sent_total", "service"), "{{service}} sent"),
            (rate("commands_finished_total", "service", "outcome"), "{{service}} {{outcome}}"),
        ],
        "ops",
    ),
    Panel("Duration, 99 %", [(quantile(0.99, "command_duration_seconds", "task"), "{{task}}")], "s"),
    Panel("Lateness, 99 %", [(quantile(0.99, "command_lateness_seconds", "task"), "{{task}}")], "s"),
    Panel(
        "Waiting to be sent",
        [
            (state("commands_waiting"), "{{service}}"),
            (state("commands_oldest_waiting_age_seconds"), "{{service}}: seconds of the oldest"),
        ],
    ),
]
_SWEEPS = [
    Panel(
        "Rows that sweeps found",
        [(rate("sweep_rows_total", "service", "sweep"), "{{service}}: {{sweep}}")],
        "ops",
    ),
    Panel(
        "Failures of sweeps",
        [(rate("sweep_failures_total", "service", "sweep"), "{{service}}: {{sweep}}")],
        "ops",
    ),
]
_BROKER = [
    Panel("Confirms, 99 %", [(quantile(0.99, _CONFIRM, "service"), "{{service}}")], "s"),
    Panel("Failed publishes", [(rate("broker_publish_failures_total", "service"), "{{service}}")], "ops"),
    Panel("Messages in queues", [(f"max by (queue) ({_QUEUES})", "{{queue}}")]),
    Panel("Consumers of queues", [(f"max by (queue) ({_CONSUMERS})", "{{queue}}")]),
]


def text() -> str:
    """Return the dashboard."""
    rows = [
        Row("Processes", _PROCESSES),
        Row("Commands", _COMMANDS),
        Row("Sweeps", _SWEEPS),
        Row("Broker", _BROKER),
    ]
    return dashboard("marketplace-processes", "Marketplace: processes", rows)
