"""Every alert, raised by a real fault and out after its mend, by a Prometheus for which time runs faster."""

import time
from collections.abc import Callable, Iterator

import pytest

from local_stack.console import out
from tests.alerts.live import report
from tests.alerts.live.faults import FAULTS, Fault
from tests.alerts.live.prometheus import Alert, Prometheus, excused, shipped_alerts
from tests.alerts.live.report import Seen
from tests.load.generator import LoadGenerator
from tests.running_stack import RunningStack, wait_for

#: Seconds, on a busy machine. An objective's warning looks at the last six hours: six minutes here.
_FIRES_WITHIN, _OUT_WITHIN, _CALM_WITHIN, _CALM = 300.0, 600.0, 1000.0, 60.0


@pytest.fixture(scope="module")
def broken() -> dict[str, tuple[float, float]]:
    """When each fault began, and when it was mended, by its name: Unix times."""
    return {}


class TestAHealthyStack:
    def test_raises_nothing(self, prometheus: Prometheus, load: LoadGenerator) -> None:
        # On a slow machine the first requests are late.
        until(lambda: not prometheus.firing() - excused(), prometheus, within=_CALM_WITHIN, what="calm")
        began, played = time.time(), load.done
        time.sleep(_CALM)
        assert load.done > played
        assert prometheus.fired(began).keys() - excused() == set()


class TestAFault:
    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: " ".join(fault.alerts))
    def test_raises_its_alerts_until_it_is_mended(
        self,
        fault: Fault,
        stack: RunningStack,
        prometheus: Prometheus,
        broken: dict[str, tuple[float, float]],
    ) -> None:
        of_it = of(fault)
        until(lambda: not of_it & prometheus.firing(), prometheus, within=_CALM_WITHIN, what="calm before")
        began = time.time()
        with fault.breaks(stack):
            began = time.time()
            fires(prometheus, {alert for alert in of_it if alert[0] in fault.during}, began)
        mended = time.time()
        broken[fault.name] = began, mended
        fires(prometheus, of_it, began)
        # Warnings of objectives look back for long: they are waited for in the end.
        soon = {alert for alert in of_it if (alert[0], "critical") not in of_it or alert[1] == "critical"}
        until(lambda: not soon & prometheus.firing(), prometheus, within=_OUT_WITHIN, what="the mend")
        out.print(f"{fault.name}: raised in {mended - began:.0f} s, out in {time.time() - mended:.0f} s")


class TestTheEnd:
    def test_leaves_no_alert_of_any_fault(
        self, prometheus: Prometheus, broken: dict[str, tuple[float, float]]
    ) -> None:
        until(lambda: not prometheus.firing(), prometheus, within=_CALM_WITHIN, what="calm in the end")
        if len(broken) == len(FAULTS):
            report.rewrite(list(seen(prometheus, broken)))


def of(fault: Fault) -> set[Alert]:
    """Return the alerts of a fault, in each severity that the rules give them."""
    return {alert for alert in shipped_alerts() if alert[0] in fault.alerts}


def fires(prometheus: Prometheus, alerts: set[Alert], since: float) -> None:
    """Wait until all of them have fired since then."""
    until(
        lambda: alerts <= prometheus.fired(since).keys(),
        prometheus,
        within=_FIRES_WITHIN,
        what=f"firing {sorted(alerts)}",
    )


def until(holds: Callable[[], bool], prometheus: Prometheus, *, within: float, what: str) -> None:
    """Wait for something. Raises TimeoutError with the state of all alerts."""
    try:
        wait_for(holds, within=within, what=what)
    except TimeoutError as error:
        raise TimeoutError(f"{error}; now: {prometheus.describe()}") from None


def seen(prometheus: Prometheus, broken: dict[str, tuple[float, float]]) -> Iterator[Seen]:
    for fault in FAULTS:
        began, mended = broken[fault.name]
        fired = prometheus.fired(began)
        for alert in of(fault):
            first, out = fired[alert][0]
            # It may have gone out and come again while the fault lasted.
            out = max([out, *(end for start, end in fired[alert] if start < mended)])
            yield Seen(alert=alert, fault=fault, fired=first - began, out=max(0.0, out - mended))
