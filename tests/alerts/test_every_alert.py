"""Every alert is raised by a fault of the live suite, and has its rows in the page about that."""

import re
from collections import Counter

from tests.alerts.live.faults import FAULTS
from tests.alerts.live.prometheus import shipped_alerts
from tests.alerts.live.report import PAGE

_ROW = re.compile(
    r"^\| \[(\w+)\]\(\S+\) \| (critical|warning) \| ([^|]+) \| ([^|]+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE
)


def test_is_raised_by_one_fault() -> None:
    raised = Counter(name for fault in FAULTS for name in fault.alerts)
    assert raised == Counter({name for name, _ in shipped_alerts()})


def test_is_in_the_page_with_its_fault() -> None:
    rows = {(name, severity): (fault, mend) for name, severity, fault, mend in _ROW.findall(PAGE.read_text())}
    assert rows.keys() == shipped_alerts()
    for fault in FAULTS:
        for name, severity in shipped_alerts():
            if name in fault.alerts:
                assert rows[name, severity] == (fault.name, fault.mended_by)
