"""The components for monitoring: every process is scraped, and nobody else reaches its metrics."""

import json
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.deployment.rendering import CADDYFILE, OBSERVABILITY, Container, Deployed, Object, render
from tests.deployment.test_compose import scraped
from tests.deployment.test_network import Network
from tests.deployment.test_objects import VERSIONS

#: Kinds of the Prometheus operator; a cluster without it has no schema of these.
OF_THE_OPERATOR = {"PodMonitor", "PrometheusRule"}
MONITORING = "marketplace/monitoring=yes"
PROCESSES = ("web", "events", "commands", "relay")


@pytest.fixture(scope="module")
def monitored(tree: Path) -> Deployed:
    """The production overlay with both components."""
    folder = tree / "overlays" / "monitored"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(
        "resources: [../production]\ncomponents: [../../components/monitoring, ../../components/tracing]\n"
    )
    return Deployed("production", render(folder), render(tree / "overlays" / "local" / "secrets"))


def running(overlay: Deployed) -> list[Container]:
    """The processes of our services, without what runs before them."""
    return [one for one in overlay.of_services() if not one.is_init and one.role in PROCESSES]


class TestEveryProcess:
    def test_serves_its_metrics_at_a_port_of_that_name(self, overlay: Deployed) -> None:
        assert running(overlay)
        for container in running(overlay):
            ports = {port["name"]: port["containerPort"] for port in container.spec["ports"]}
            assert ports["metrics"] == 9464, container.name
            assert overlay.environment(container)["METRICS_BIND"] == "0.0.0.0:9464", container.name

    def test_of_several_shares_its_counts_in_memory(self, overlay: Deployed) -> None:
        for container in running(overlay):
            shared = container.role in {"web", "commands"}
            place = overlay.environment(container).get("PROMETHEUS_MULTIPROC_DIR")
            assert place == ("/run/metrics" if shared else None), container.name
            mounted = {one["mountPath"]: one["name"] for one in container.spec["volumeMounts"]}
            assert ("/run/metrics" in mounted) is shared, container.name
            volumes = {one["name"]: one for one in container.pod["volumes"]}
            assert not shared or volumes[mounted["/run/metrics"]]["emptyDir"]["medium"] == "Memory"

    def test_before_it_shares_nothing(self, overlay: Deployed) -> None:
        """A migration that counts there would leave its file to the process."""
        before = [one for one in overlay.of_services() if one not in running(overlay)]
        assert before
        assert [one.name for one in before if "PROMETHEUS_MULTIPROC_DIR" in overlay.environment(one)] == []


class TestTheMetrics:
    def test_are_no_route_of_the_ingress_and_no_service_has_their_port(self, monitored: Deployed) -> None:
        ports = {
            str(port[key])
            for service in monitored.of_kind("Service")
            for port in service["spec"]["ports"]
            for key in ("port", "targetPort")
        }
        assert ports.isdisjoint({"metrics", "9464", "prometheus", "15692"})
        assert "metrics" not in json.dumps(monitored.of_kind("Ingress"))

    def test_are_no_route_of_the_gateway(self) -> None:
        for part in ("9464", "15692", "metrics", "prometheus", "grafana"):
            assert part not in CADDYFILE.read_text().lower()

    def test_are_for_the_namespaces_of_monitoring_alone(self, monitored: Deployed) -> None:
        network = Network(monitored)
        opened = network.opened_to(MONITORING)
        expected = {(one.workload["metadata"]["name"], 9464) for one in running(monitored)}
        assert opened == expected | {("rabbitmq", 15692)}

    def test_are_closed_without_the_component(self, overlay: Deployed) -> None:
        assert Network(overlay).opened_to(MONITORING) == set()

    def test_do_not_change_who_else_speaks_to_whom(self, monitored: Deployed, overlay: Deployed) -> None:
        if overlay.overlay == monitored.overlay:
            assert Network(monitored).links() == Network(overlay).links()

    def test_are_scraped_with_the_labels_that_compose_gives(self, monitored: Deployed) -> None:
        found = set()
        for workload in monitored.workloads():
            labels = workload["spec"]["template"]["metadata"]["labels"]
            for monitor in monitored.of_kind("PodMonitor"):
                if _chosen(monitor, labels):
                    found.add((labels["app.kubernetes.io/name"], labels["app.kubernetes.io/component"]))
        assert found == set(scraped().values())


class TestTraces:
    def test_go_to_the_namespaces_of_monitoring_alone(self, monitored: Deployed) -> None:
        network = Network(monitored)
        for container in running(monitored):
            assert f"{MONITORING}:4318" in network.outside(container.workload["metadata"]["name"])
            endpoint = monitored.environment(container)["OTEL_EXPORTER_OTLP_ENDPOINT"]
            assert endpoint.endswith(":4318")


class TestTheObjects:
    def test_are_valid(self, monitored: Deployed) -> None:
        for item in monitored.objects:
            if item["kind"] not in OF_THE_OPERATOR:
                kubernetes_validate.validate(item, VERSIONS[0], strict=True)

    def test_of_the_operator_have_the_fields_that_it_knows(self, monitored: Deployed) -> None:
        for monitor in monitored.of_kind("PodMonitor"):
            assert monitor["spec"].keys() == {"selector", "podMetricsEndpoints"}
            for endpoint in monitor["spec"]["podMetricsEndpoints"]:
                assert endpoint.keys() <= {"port", "interval", "path", "params", "relabelings"}
                for one in endpoint["relabelings"]:
                    assert one.keys() <= {"sourceLabels", "targetLabel", "replacement"}
        for rule in monitored.of_kind("PrometheusRule"):
            assert rule["spec"].keys() == {"groups"}
        named = {f"{one['kind']} {one['metadata']['name']}" for one in monitored.of_kind(*OF_THE_OPERATOR)}
        assert {name.partition(" ")[0] for name in named} == OF_THE_OPERATOR

    def test_are_absent_where_no_component_is_taken(self, overlay: Deployed) -> None:
        assert overlay.of_kind(*OF_THE_OPERATOR) == []

    def test_have_the_rules_of_the_rules_files(self, monitored: Deployed) -> None:
        files = [yaml.safe_load(path.read_text()) for path in (OBSERVABILITY / "rules").glob("*.yaml")]
        objects = [one["spec"] for one in monitored.of_kind("PrometheusRule")]
        assert _by_name(objects) == _by_name(files)

    def test_have_the_dashboards(self, monitored: Deployed) -> None:
        data = monitored.named("ConfigMap", "marketplace-dashboards")["data"]
        files = (OBSERVABILITY / "grafana" / "dashboards").glob("*.json")
        assert data == {path.name: path.read_text() for path in files}


def _by_name(files: list[Object]) -> dict[str, Object]:
    return {group["name"]: group for file in files for group in file["groups"]}


def _chosen(monitor: Object, labels: dict[str, str]) -> bool:
    selector = monitor["spec"]["selector"]
    return selector["matchLabels"].items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", [])
    )
