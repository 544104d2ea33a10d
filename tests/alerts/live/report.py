"""What was seen of each alert, as the table of docs/reference/alerts.md."""

from dataclasses import dataclass
from pathlib import Path

from tests.alerts.live.faults import Fault
from tests.alerts.live.prometheus import Alert

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "alerts.md"
_HEAD = (
    "| alert | severity | raised by | mended by | fired after | out after |",
    "|---|---|---|---|--:|--:|",
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How many seconds after the break an alert fired, and how many after the mend it went out."""

    alert: Alert
    fault: Fault
    fired: float
    out: float


def rewrite(seen: list[Seen]) -> None:
    """Replace the page's table."""
    text = PAGE.read_text()
    start = text.index(_HEAD[0])
    end = start + len("".join(_rows_from(text[start:])))
    table = [*_HEAD, *(_row(one) for one in sorted(seen, key=lambda one: one.alert))]
    PAGE.write_text(text[:start] + "\n".join(table) + "\n" + text[end:])


def _rows_from(text: str) -> list[str]:
    lines = text.splitlines(keepends=True)
    end = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return lines[:end]


def _row(seen: Seen) -> str:
    name, severity = seen.alert
    link = f"[{name}](../how-to/operate.md#{name.lower()})"
    when = f"{seen.fired:.0f} s | {seen.out:.0f} s"
    return f"| {link} | {severity} | {seen.fault.name} | {seen.fault.mended_by} | {when} |"
