"""The files of this folder that are written, and by what."""

from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.observability import objectives, prometheus_rule
from deploy.observability.dashboards import DASHBOARDS

FOLDER = Path(__file__).parent
COMPONENT = FOLDER.parent / "k8s" / "components" / "monitoring"

#: In this order: the second is made of the first.
WRITTEN: Mapping[Path, Callable[[], str]] = {
    FOLDER / "rules" / "objectives.yaml": objectives.rules,
    COMPONENT / "rules.yaml": prometheus_rule.objects,
    **{FOLDER / "grafana" / "dashboards" / f"{name}.json": text for name, text in DASHBOARDS.items()},
}


def write() -> None:
    """Write every file anew."""
    for path, text in WRITTEN.items():
        path.write_text(text())
