"""Grafana's dashboards as code; `./manage_all.py observability` writes their JSON."""

from collections.abc import Callable, Mapping

from deploy.observability.dashboards import events, overview, processes

#: By the name of the file.
DASHBOARDS: Mapping[str, Callable[[], str]] = {
    "overview": overview.text,
    "events": events.text,
    "processes": processes.text,
}
