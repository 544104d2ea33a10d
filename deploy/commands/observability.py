"""Write what is generated for Prometheus and Grafana: the objectives' rules, PrometheusRules, dashboards."""

import argparse


def run(_: argparse.Namespace) -> int:
    """Write the files."""
    from deploy.observability.generated import write

    write()
    return 0
