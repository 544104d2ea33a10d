"""A real Prometheus that watches a running stack by the shipped configuration, its addresses apart."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from deploy.observability.objectives import OBJECTIVES
from local_stack.backing import rabbitmq
from local_stack.stack import metrics_port
from local_stack.supervisor.processes import dies_with_parent
from tests.alerts.faster import faster
from tests.running_stack import RunningStack, wait_for
from tests.suites.promtool import find_prometheus

_SHIPPED = Path(__file__).parents[3] / "deploy" / "observability"
_PATIENCE = 300.0
#: What waits for a processor, per processor, beyond which a machine is busy with something else as well.
_BUSY = 3
#: Between two moments of Prometheus's answers, in seconds.
_STEP = 1.0

#: An alert's name and severity.
Alert = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How much faster than shipped time runs: in the rules of the objectives, and in all others.

    `scrapes` and `evaluations` come every so many seconds.
    """

    scrapes: int
    evaluations: int
    objectives: int = 1
    others: int = 1

    def of(self, rules: Path) -> int:
        """Return the factor of a rules file."""
        return self.objectives if rules.stem == "objectives" else self.others


#: As shipped; and so fast that a fault takes a minute. A relay of a busy machine takes seconds for a scrape.
SHIPPED = Pace(scrapes=15, evaluations=15)
FAST = Pace(scrapes=5, evaluations=1, objectives=60, others=10)
#: In scrapes: a range with fewer may have no rate when one fails.
_SHORTEST_RANGE = 3


def shipped_alerts() -> set[Alert]:
    """Return the alerts of the rules, in each severity."""
    files = [yaml.safe_load(path.read_text()) for path in (_SHIPPED / "rules").glob("*.yaml")]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"]]
    return {(rule["alert"], rule["labels"]["severity"]) for rule in rules if "alert" in rule}


def excused() -> set[Alert]:
    """Return the alerts that are right without a fault where others keep this machine busy: all is late."""
    is_busy = os.getloadavg()[0] > _BUSY * (os.cpu_count() or 1)
    return {(one.alert, severity) for one in OBJECTIVES for severity in ("critical", "warning") if is_busy}


@dataclass(frozen=True)
class Prometheus:
    """What a running one says of the alerts."""

    url: str
    process: subprocess.Popen[bytes]

    def states(self) -> dict[Alert, str]:
        """Return the alerts that are `pending` or `firing` now; where a rule has several, the worse."""
        found: dict[Alert, str] = {}
        for alert in self._get("/api/v1/alerts")["alerts"]:
            key = (alert["labels"]["alertname"], alert["labels"]["severity"])
            found[key] = alert["state"] if found.get(key) != "firing" else "firing"
        return found

    def firing(self) -> set[Alert]:
        """Return the alerts that fire now."""
        return {alert for alert, state in self.states().items() if state == "firing"}

    def fired(self, since: float) -> dict[Alert, list[tuple[float, float]]]:
        """Return when each alert has fired since then: from one Unix time to another, as often as it has."""
        answer = self._get(
            "/api/v1/query_range",
            query='max by (alertname, severity) (ALERTS{alertstate="firing"})',
            start=f"{since:.3f}",
            end=f"{time.time():.3f}",
            step=f"{_STEP:.0f}",
        )
        return {
            (one["metric"]["alertname"], one["metric"]["severity"]): _spans([at for at, _ in one["values"]])
            for one in answer["result"]
        }

    def describe(self) -> str:
        """Return in words what fires or is about to."""
        alerts = self._get("/api/v1/alerts")["alerts"]
        return "; ".join(f"{one['state']} {one['labels']} {one['value']}" for one in alerts) or "nothing"

    def targets(self) -> dict[str, str]:
        """Return what is scraped, each with its health: `up`, `down` or `unknown`."""
        found = self._get("/api/v1/targets", state="active")["activeTargets"]
        return {f"{one['labels']['job']} {one['scrapeUrl']}": one["health"] for one in found}

    def _get(self, path: str, **parameters: str) -> Any:
        answer = httpx.get(f"{self.url}{path}", params=parameters, timeout=30, trust_env=False)
        return answer.raise_for_status().json()["data"]


def _spans(moments: list[float]) -> list[tuple[float, float]]:
    """Return the stretches without a gap."""
    spans = [(moments[0], moments[0])]
    for moment in moments[1:]:
        if moment - spans[-1][1] > 2 * _STEP:
            spans.append((moment, moment))
        spans[-1] = (spans[-1][0], moment)
    return spans


@contextlib.contextmanager
def watching(stack: RunningStack, folder: Path, pace: Pace) -> Iterator[Prometheus]:
    """Run a Prometheus for the length of a `with` block, its files in `folder`; it reaches all targets."""
    port, exporter = _free_port(), _free_port()
    _serve_broker_metrics(stack, exporter)
    _configure(stack, folder, pace, exporter)
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            _command(folder, port),
            cwd=folder,
            stdout=log,
            stderr=log,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 (see there)
        )
    prometheus = Prometheus(f"http://127.0.0.1:{port}", process)
    try:
        wait_for(lambda: _sees_all(prometheus), within=_PATIENCE, what="a Prometheus that reaches all")
        yield prometheus
    finally:
        process.terminate()
        process.wait()


def _command(folder: Path, port: int) -> tuple[str, ...]:
    program = find_prometheus()
    assert program, "the suite is skipped without it"
    return (
        str(program),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    )


def _sees_all(prometheus: Prometheus) -> bool:
    assert prometheus.process.poll() is None, "Prometheus has ended"
    try:
        targets = prometheus.targets()
    except httpx.HTTPError:
        return False
    return bool(targets) and set(targets.values()) == {"up"}


def _configure(stack: RunningStack, folder: Path, pace: Pace, exporter: int) -> None:
    """Write the shipped configuration with this stack's addresses, and the rules at this pace."""
    shipped: dict[str, Any] = yaml.safe_load((_SHIPPED / "prometheus.yml").read_text())
    del shipped["alerting"]
    shipped["global"] = {
        "scrape_interval": f"{pace.scrapes}s",
        "evaluation_interval": f"{pace.evaluations}s",
    }
    for job in shipped["scrape_configs"]:
        for target in job["static_configs"]:
            target["targets"] = [f"127.0.0.1:{_port_of(stack, target['labels'], exporter)}"]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(shipped))
    (folder / "rules").mkdir()
    for rules in (_SHIPPED / "rules").glob("*.yaml"):
        shortest = _SHORTEST_RANGE * pace.scrapes
        changed = faster(yaml.safe_load(rules.read_text()), pace.of(rules), shortest=shortest)
        (folder / "rules" / rules.name).write_text(yaml.safe_dump(changed))


def _port_of(stack: RunningStack, labels: dict[str, str], exporter: int) -> int:
    if labels["process"] == "broker":
        return exporter
    return stack.stack.ports[metrics_port(stack.service(labels["service"]), labels["process"])]


def _serve_broker_metrics(stack: RunningStack, port: int) -> None:
    """Have the stack's RabbitMQ serve its metrics, until it is restarted."""
    plugins = rabbitmq.home_of(stack.stack) / "enabled_plugins"
    plugins.write_text("[rabbitmq_prometheus].\n")
    where = f'[{{port, {port}}}, {{ip, "127.0.0.1"}}]'
    rabbitmq.rabbitmqctl(
        stack.stack,
        "eval",
        f"application:set_env(rabbitmq_prometheus, tcp_config, {where}),"
        f' {{ok, _, []}} = rabbit_plugins:ensure("{plugins}").',
    )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
