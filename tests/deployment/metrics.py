"""The metrics that there are, by their reference, and those that a query names."""

import re

from tests.deployment.rendering import ROOT

_PAGE = ROOT / "docs" / "reference" / "metrics.md"
_ROW = re.compile(r"^\| `(\w+)` \| (counter|histogram|gauge) \| ([^|]*)\|", re.MULTILINE)
#: By name: type and labels.
METRICS = {
    name: (kind, frozenset(re.findall(r"`(\w+)`", labels)))
    for name, kind, labels in _ROW.findall(_PAGE.read_text())
}
#: What Prometheus and RabbitMQ give.
OTHERS = frozenset(
    {
        "up",
        "rabbitmq_alarms_memory_used_watermark",
        "rabbitmq_alarms_free_disk_space_watermark",
        "rabbitmq_alarms_file_descriptor_limit",
        "rabbitmq_detailed_queue_consumers",
        "rabbitmq_detailed_queue_messages",
    }
)
#: Labels that Prometheus or RabbitMQ adds, or a rule itself.
_ADDED = frozenset({"job", "instance", "service", "process", "le", "slo", "queue", "vhost", "alarm"})
_PARTS = ("bucket", "count", "sum")

_KEYWORDS = frozenset({"and", "or", "unless", "group_left", "group_right", "bool"})
#: Texts, selectors, ranges and lists of labels, none of which names a metric.
_BESIDE = re.compile(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)')
_NAME = re.compile(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])")


def series() -> frozenset[str]:
    """Return the name of every series that a query may ask for."""
    found = {name for name, (kind, _) in METRICS.items() if kind != "histogram"}
    found |= {f"{name}_{part}" for name in METRICS.keys() - found for part in _PARTS}
    return OTHERS | found


def metrics_in(query: str) -> set[str]:
    """Return the metrics of the services that a query names: histograms without the part."""
    return {_metric(name) for name in named_in(query)} & METRICS.keys()


def named_in(query: str) -> set[str]:
    """Return the series that a PromQL query names."""
    return set(_NAME.findall(_BESIDE.sub(" ", query))) - _KEYWORDS


def unknown_labels(query: str) -> set[str]:
    """Return the labels in a query that none of its metrics has."""
    lists = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", query)
    named = {label for one in lists for label in re.findall(r"\w+", one)}
    for selector in re.findall(r"\{([^}]*)\}", query):
        named |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', selector)))
    known = {label for name in metrics_in(query) for label in METRICS[name][1]}
    return named - known - _ADDED


def _metric(name: str) -> str:
    base, _, part = name.rpartition("_")
    return base if part in _PARTS and METRICS.get(base, ("",))[0] == "histogram" else name
