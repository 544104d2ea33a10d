"""The compose file: what Compose takes, and what we ask of every container."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
import yaml

from local_stack.systems.marketplace import MARKETPLACE
from tests.deployment.rendering import COMPOSE, ROOT, Composed

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))


def _schema(name: str, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", name, *map(str, files)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


class TestTheSchema:
    def test_takes_the_compose_file(self) -> None:
        done = _schema("vendor.compose-spec", COMPOSE)
        assert done.returncode == 0, done.stdout

    def test_would_refuse_a_key_that_is_misspelt(self, tmp_path: Path) -> None:
        """The control."""
        broken = tmp_path / "compose.yaml"
        broken.write_text(COMPOSE.read_text().replace("depends_on:", "depend_on:", 1))
        assert _schema("vendor.compose-spec", broken).returncode == 1

    def test_takes_the_forges_workflows(self) -> None:
        assert WORKFLOWS
        done = _schema("vendor.github-workflows", *WORKFLOWS)
        assert done.returncode == 0, done.stdout


class TestEveryContainerOfOurs:
    @pytest.fixture
    def ours(self, composed: Composed) -> dict[str, dict[str, object]]:
        return {
            name: one for service in MARKETPLACE.services for name, one in composed.of(service.name).items()
        }

    def test_writes_nowhere_but_to_tmp_and_gains_no_privilege(
        self, ours: dict[str, dict[str, object]]
    ) -> None:
        for name, one in ours.items():
            assert one["read_only"] is True, name
            counting = ["/run/metrics"] if name.endswith(("-web", "-commands")) else []
            assert one["tmpfs"] == ["/tmp", *counting], name
            assert one["cap_drop"] == ["ALL"], name
            assert one["security_opt"] == ["no-new-privileges:true"], name

    def test_that_goes_on_says_whether_it_is_well(self, composed: Composed) -> None:
        once = ("migrate", "topology", "keys")
        for name, one in composed.services.items():
            # Jaeger's image has nothing to ask it with.
            silent = name in {"stripe", "jaeger"} or one.get("profiles") == ["tools"]
            goes_on = not name.endswith(once) and not silent
            assert ("healthcheck" in one) is goes_on, name

    def test_waits_for_what_it_needs_to_be_well(self, composed: Composed) -> None:
        for name, one in composed.services.items():
            for other, how in one.get("depends_on", {}).items():
                needed = composed.services[other]
                wanted = "service_healthy" if "healthcheck" in needed else "service_completed_successfully"
                assert how["condition"] == wanted, f"{name} on {other}"

    def test_of_each_role_is_there_for_each_service(self, composed: Composed) -> None:
        for service in MARKETPLACE.stateful:
            roles = {"migrate", "topology", "web", "commands", "relay", "postgres"}
            roles |= {"events"} if service.follows else set()
            assert {f"{service.name}-{role}" for role in roles} <= composed.services.keys()

    def test_of_the_broker_waits_until_every_services_queues_are_declared(self, composed: Composed) -> None:
        for service in MARKETPLACE.stateful:
            for name, one in composed.of(service.name).items():
                if name.endswith(("-events", "-commands", "-relay")):
                    assert set(one["depends_on"]) == {
                        f"{other.name}-topology" for other in MARKETPLACE.stateful
                    }, name


class TestNetworks:
    def test_of_databases_hold_one_service_each(self, composed: Composed) -> None:
        for name, one in composed.services.items():
            databases = {service.name for service in MARKETPLACE.stateful} & set(one["networks"])
            assert databases <= {name.partition("-")[0] if "-" in name else _tool(name)}, name

    def test_of_databases_and_broker_lead_nowhere_else(self, composed: Composed) -> None:
        networks = composed.document["networks"]
        assert {name for name, one in networks.items() if not one.get("internal")} == {
            "edge",
            "observability",
        }

    def test_keep_web_processes_from_the_broker(self, composed: Composed) -> None:
        assert [
            name
            for name, one in composed.services.items()
            if name.endswith("-web") and "bus" in one["networks"]
        ] == []


class TestObservability:
    WATCHING: ClassVar[set[str]] = {"prometheus", "alertmanager", "grafana", "jaeger"}

    def test_starts_only_when_it_is_asked_for(self, composed: Composed) -> None:
        profiles = {name: one.get("profiles") for name, one in composed.services.items()}
        asked = {name for name, profile in profiles.items() if profile == ["observability"]}
        assert asked == self.WATCHING

    def test_is_open_to_this_machine_alone(self, composed: Composed) -> None:
        for name in self.WATCHING:
            ports = composed.services[name]["ports"]
            assert ports, name
            assert [port for port in ports if not port.startswith("127.0.0.1:")] == [], name

    def test_has_every_process_serve_its_metrics(self, composed: Composed) -> None:
        for service in MARKETPLACE.services:
            for name, one in composed.of(service.name).items():
                assert one["environment"]["METRICS_BIND"] == "0.0.0.0:9464", name
                assert not [port for port in one.get("ports", []) if "9464" in port], name

    def test_reaches_every_process_that_it_scrapes(self, composed: Composed) -> None:
        own = set(composed.services["prometheus"]["networks"])
        for address in scraped():
            assert own & set(composed.services[address.partition(":")[0]]["networks"]), address

    def test_scrapes_every_process_by_its_service_and_kind(self, composed: Composed) -> None:
        expected = {
            f"{name}:9464": (service.name, name.removeprefix(f"{service.name}-"))
            for service in MARKETPLACE.services
            for name in composed.of(service.name)
            if name.endswith(("-web", "-events", "-commands", "-relay"))
        }
        assert scraped() == expected | {"rabbitmq:15692": ("rabbitmq", "broker")}


def scraped() -> dict[str, tuple[str, str]]:
    """The labels `service` and `process` by address, as Prometheus scrapes with compose."""
    config = yaml.safe_load((ROOT / "deploy" / "observability" / "prometheus.yml").read_text())
    return {
        target: (one["labels"]["service"], one["labels"]["process"])
        for job in config["scrape_configs"]
        for one in job["static_configs"]
        for target in one["targets"]
    }


def _tool(name: str) -> str:
    return {"operator": "auth", "reconcile": "payments"}.get(name, "")


class TestTheWorkflows:
    def test_run_what_a_contributor_runs(self) -> None:
        text = "".join(path.read_text() for path in WORKFLOWS)
        for command in ("./manage_all.py test", "./manage_all.py lint"):
            assert command in text

    def test_build_every_service(self) -> None:
        found = {
            service
            for path in WORKFLOWS
            for job in yaml.safe_load(path.read_text())["jobs"].values()
            for service in job.get("strategy", {}).get("matrix", {}).get("service", [])
        }
        assert found == {service.name for service in MARKETPLACE.services}
