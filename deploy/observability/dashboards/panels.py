"""Grafana's dashboards as JSON: rows of panels, on the data source that a viewer chooses."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WIDTH, _HEIGHT = 24, 8
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Panel:
    """A panel: its queries, each with what names its lines (`{{service}}`), and the unit of its values.

    Units are Grafana's: `s`, `reqps`, `ops`, `percentunit`, `short`. A `stat` shows the last value, red
    from `limit` on.
    """

    title: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: str = "timeseries"
    limit: float | None = None
    description: str = ""

    def as_json(self, number: int, left: int, top: int, width: int) -> dict[str, Any]:
        """Return it at its place."""
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": _SOURCE,
            "gridPos": {"x": left, "y": top, "w": width, "h": _HEIGHT if self.kind == "timeseries" else 4},
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": self._options(),
            "targets": [
                {"refId": chr(ord("A") + index), "datasource": _SOURCE, "expr": query, "legendFormat": legend}
                for index, (query, legend) in enumerate(self.queries)
            ],
        }

    def _defaults(self) -> dict[str, Any]:
        steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
        if self.limit is not None:
            steps.append({"color": "red", "value": self.limit})
        shown = {"custom": {"thresholdsStyle": {"mode": "line"}}} if self.limit is not None else {}
        return {"unit": self.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}, **shown}

    def _options(self) -> dict[str, Any]:
        if self.kind == "stat":
            return {
                "reduceOptions": {"calcs": ["lastNotNull"]},
                "colorMode": "background",
                "graphMode": "area",
            }
        return {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }


@dataclass(frozen=True)
class Row:
    """A heading, and the panels under it, which share its width."""

    title: str
    panels: Sequence[Panel]


def dashboard(uid: str, title: str, rows: Sequence[Row]) -> str:
    """Return a dashboard's JSON."""
    found = {
        "uid": uid,
        "title": title,
        "tags": ["marketplace"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_data_source()]},
        "links": [_others()],
        "annotations": {"list": [_alerts()]},
        "panels": _placed(rows),
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _placed(rows: Sequence[Row]) -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        place = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
        panels.append(
            {"id": len(panels) + 1, "type": "row", "title": row.title, "gridPos": place, "panels": []}
        )
        top += 1
        width = _WIDTH // len(row.panels)
        for index, panel in enumerate(row.panels):
            panels.append(panel.as_json(len(panels) + 1, index * width, top, width))
        top += max(panel["gridPos"]["h"] for panel in panels[-len(row.panels) :])
    return panels


def _data_source() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}


def _others() -> dict[str, Any]:
    return {"type": "dashboards", "title": "Marketplace", "tags": ["marketplace"], "asDropdown": True}


def _alerts() -> dict[str, Any]:
    return {
        "name": "Alerts",
        "enable": True,
        "iconColor": "red",
        "datasource": _SOURCE,
        "expr": 'ALERTS{alertstate="firing", severity="critical"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{service}} {{stream}}",
    }
