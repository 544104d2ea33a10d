"""The alert rules as Kubernetes has them: a PrometheusRule for each rules file, the same groups in both."""

from pathlib import Path

RULES = Path(__file__).parent / "rules"

_HEAD = """\
# Written by `./manage_all.py observability` from deploy/observability/rules: change them there.
"""
_OBJECT = """\
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: marketplace-{name}
  namespace: marketplace
  labels:
    app.kubernetes.io/part-of: marketplace
spec:
  groups:
"""


def objects() -> str:
    """Return the objects of all rules files, with their comments."""
    return _HEAD + "".join(_object(path) for path in sorted(RULES.glob("*.yaml")))


def _object(path: Path) -> str:
    _, _, groups = path.read_text().partition("\ngroups:\n")
    indented = "".join(f"  {line}" if line.strip() else line for line in groups.splitlines(keepends=True))
    return _OBJECT.format(name=path.stem) + indented
