"""The queries that dashboards are made of."""

_RANGE = "$__rate_interval"


def rate(counter: str, *labels: str) -> str:
    """Return how often a counter rises per second, by labels."""
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"sum{by} (rate({counter}[{_RANGE}]))"


def quantile(share: float, histogram: str, *labels: str) -> str:
    """Return what a share of the observations of a histogram stays below, by labels."""
    by = ", ".join((*labels, "le"))
    return f"histogram_quantile({share}, sum by ({by}) (rate({histogram}_bucket[{_RANGE}])))"


def state(metric: str, *labels: str) -> str:
    """Return a gauge of a service's state, which every relay of the service gives alike."""
    return f"max by ({', '.join(('service', *labels))}) ({metric})"
