"""What Kubernetes takes, and what we ask of every pod."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from shared_events import time_limits
from tests.deployment.rendering import TREE, Container, Deployed, Object, render

VERSIONS = ("1.32", "1.37")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def _labels(workload: Object) -> dict[str, str]:
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def _matches(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()


def _long_running(overlay: Deployed) -> Iterator[Container]:
    return (
        container
        for container in overlay.containers()
        if not container.is_init and container.workload["kind"] != "Job"
    )


class TestTheSchema:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_takes_every_object_without_an_unknown_field(self, overlay: Deployed, version: str) -> None:
        for item in [*overlay.objects, *overlay.secrets]:
            kubernetes_validate.validate(item, version, strict=True)

    def test_would_refuse_a_field_that_is_misspelt(self, overlay: Deployed) -> None:
        """The control: a validator that lets everything pass would pass above."""
        broken = {**overlay.of_kind("Deployment")[0], "specs": {}}
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(broken, VERSIONS[0], strict=True)

    def test_takes_the_tree_with_managed_databases_and_for_development(self, tree: Path) -> None:
        managed = tree / "overlays" / "managed"
        managed.mkdir(exist_ok=True)
        (managed / "kustomization.yaml").write_text(
            "resources: [../production]\ncomponents: [../../components/managed-databases]\n"
        )
        objects = render(managed)
        for item in [*objects, *render(tree / "overlays" / "development")]:
            kubernetes_validate.validate(item, VERSIONS[0], strict=True)
        names = {f"{item['kind']} {item['metadata']['name']}" for item in objects}
        assert not [name for name in names if re.search("postgres", name)]
        assert "NetworkPolicy to-managed-databases" in names


class TestEveryContainer:
    def test_runs_as_the_restricted_standard_requires(self, overlay: Deployed) -> None:
        for container in overlay.containers():
            pod, own = container.pod["securityContext"], container.spec["securityContext"]
            assert pod["runAsNonRoot"] is True, container.name
            assert pod["runAsUser"] > 0, container.name
            assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, container.name
            assert own["allowPrivilegeEscalation"] is False, container.name
            assert own["capabilities"] == {"drop": ["ALL"]}, container.name
            assert own["readOnlyRootFilesystem"] is True, container.name
            for outside in ("hostNetwork", "hostPID", "hostIPC"):
                assert outside not in container.pod, container.name
            assert not [one for one in container.pod.get("volumes", []) if "hostPath" in one], container.name

    def test_has_no_token_of_a_service_account(self, overlay: Deployed) -> None:
        for container in overlay.containers():
            assert container.pod["automountServiceAccountToken"] is False, container.name

    def test_says_what_it_needs_and_how_much_memory_it_may_have(self, overlay: Deployed) -> None:
        for container in overlay.containers():
            resources = container.spec["resources"]
            assert {"cpu", "memory"} <= resources["requests"].keys(), container.name
            assert "memory" in resources["limits"], container.name

    def test_writes_only_where_it_is_given_room(self, overlay: Deployed) -> None:
        """Gunicorn's heartbeat, ours, and what Python puts aside."""
        for container in overlay.of_services():
            mounts = {mount["mountPath"] for mount in container.spec["volumeMounts"]}
            assert "/tmp" in mounts, container.name


class TestEveryProcess:
    def test_has_its_three_probes(self, overlay: Deployed) -> None:
        for container in _long_running(overlay):
            assert [probe for probe in PROBES if probe not in container.spec] == [], container.name

    def test_is_not_killed_for_a_database_or_broker_that_is_away(self, overlay: Deployed) -> None:
        for container in overlay.of_services():
            if container.is_init or container.workload["kind"] == "Job":
                continue
            for probe in ("startupProbe", "livenessProbe"):
                way = container.spec[probe]
                if container.role == "web":
                    assert way["httpGet"]["path"] == "/health/live", container.name
                else:
                    assert way["exec"]["command"] == ["/app/healthy", "heartbeat"], container.name

    def test_of_the_broker_is_started_anew_when_its_queues_stay_down(self, overlay: Deployed) -> None:
        """Its port answers then, and all is well by RabbitMQ's own checks."""
        [broker] = [one for one in overlay.of_kind("StatefulSet") if one["metadata"]["name"] == "rabbitmq"]
        [container] = broker["spec"]["template"]["spec"]["containers"]
        assert container["livenessProbe"]["exec"]["command"] == ["sh", "/etc/rabbitmq/healthy"]
        mounted = {mount["mountPath"]: mount.get("subPath") for mount in container["volumeMounts"]}
        assert mounted["/etc/rabbitmq/healthy"] == "healthy"

    def test_is_probed_by_a_name_that_it_answers_to(self, overlay: Deployed) -> None:
        """A probe comes by the pod's address, which Django would refuse."""
        for container in overlay.of_services():
            allowed = overlay.environment(container)["DJANGO_ALLOWED_HOSTS"].split(",")
            for probe in PROBES:
                headers = container.spec.get(probe, {}).get("httpGet", {}).get("httpHeaders", [])
                assert all(header["value"] in allowed for header in headers), container.name
                assert headers or "httpGet" not in container.spec.get(probe, {}), container.name

    def test_is_spread_over_nodes(self, overlay: Deployed) -> None:
        for workload in overlay.of_kind("Deployment"):
            spread = workload["spec"]["template"]["spec"]["topologySpreadConstraints"]
            assert "kubernetes.io/hostname" in {one["topologyKey"] for one in spread}
            for one in spread:
                assert _matches(one["labelSelector"]["matchLabels"], _labels(workload))

    def test_may_be_taken_from_a_node_one_at_a_time(self, overlay: Deployed) -> None:
        budgets = overlay.of_kind("PodDisruptionBudget")
        brokers = [item for item in overlay.of_kind("StatefulSet") if item["metadata"]["name"] == "rabbitmq"]
        for workload in [*overlay.of_kind("Deployment"), *brokers]:
            mine = [
                budget
                for budget in budgets
                if _matches(budget["spec"]["selector"]["matchLabels"], _labels(workload))
            ]
            assert len(mine) == 1, workload["metadata"]["name"]
            assert mine[0]["spec"]["maxUnavailable"] == 1

    def test_starts_on_a_schema_that_is_there(self, overlay: Deployed) -> None:
        waiting = {
            container.workload["metadata"]["name"]
            for container in overlay.of_services()
            if container.is_init and container.spec["args"] == ["migrate", "--check"]
        }
        needing = {
            container.workload["metadata"]["name"]
            for container in overlay.of_services()
            if container.workload["kind"] == "Deployment" and container.service != "frontend"
        }
        assert waiting == needing

    def test_that_the_autoscaler_sizes_has_no_size_of_its_own(self, overlay: Deployed) -> None:
        scaled = {one["spec"]["scaleTargetRef"]["name"] for one in overlay.of_kind("HorizontalPodAutoscaler")}
        for workload in overlay.of_kind("Deployment"):
            has_size = "replicas" in workload["spec"]
            assert has_size is (workload["metadata"]["name"] not in scaled), workload["metadata"]["name"]
        services = {container.service for container in overlay.of_services()}
        assert scaled == {f"{service}-web" for service in services} | {
            f"{service}-commands" for service in services - {"frontend"}
        }


class TestStopping:
    """Each process is given longer than the longest thing it may have in hand."""

    def _grace(self, overlay: Deployed, role: str) -> list[int]:
        found = [
            int(container.pod["terminationGracePeriodSeconds"])
            for container in overlay.of_services()
            if container.workload["kind"] == "Deployment" and not container.is_init and container.role == role
        ]
        assert found
        return found

    def test_web_waits_for_the_ingress_and_then_for_its_requests(self, overlay: Deployed) -> None:
        from service_defaults import gunicorn

        for container in overlay.of_services():
            if container.role == "web":
                (command,) = [container.spec["lifecycle"]["preStop"]["exec"]["command"]]
                assert command[0] == "sleep"
                assert min(self._grace(overlay, "web")) >= int(command[1]) + gunicorn.graceful_timeout

    def test_commands_workers_outlive_the_longest_command(self, overlay: Deployed) -> None:
        assert min(self._grace(overlay, "commands")) > time_limits.COMMAND_SECONDS

    def test_events_workers_outlive_the_longest_batch(self, overlay: Deployed) -> None:
        found = re.search(r"transaction_timeout = '(\d+)s'", time_limits.EVENT_TIMEOUTS)
        assert found
        assert min(self._grace(overlay, "events")) >= int(found[1]) + 10

    def test_relays_outlive_a_publish_and_a_sweep(self, overlay: Deployed) -> None:
        assert min(self._grace(overlay, "relay")) >= 30


class TestEveryService:
    def test_selects_pods_and_names_a_port_of_theirs(self, overlay: Deployed) -> None:
        for service in overlay.of_kind("Service"):
            chosen = [
                workload
                for workload in overlay.workloads()
                if _matches(service["spec"]["selector"], _labels(workload))
            ]
            assert len(chosen) == 1, service["metadata"]["name"]
            ports = {
                port["name"]
                for container in chosen[0]["spec"]["template"]["spec"]["containers"]
                for port in container.get("ports", [])
            }
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports

    def test_is_one_that_the_cluster_alone_can_reach(self, overlay: Deployed) -> None:
        assert {one["spec"].get("type", "ClusterIP") for one in overlay.of_kind("Service")} == {"ClusterIP"}


class TestReferences:
    def test_lead_to_objects_that_are_there(self, overlay: Deployed) -> None:
        for workload in overlay.workloads():
            for kind, name in _referred_to(workload["spec"]["template"]["spec"]):
                overlay.named(kind, name)

    def test_to_secrets_stay_with_whose_they_are(self, overlay: Deployed) -> None:
        users: dict[str, set[str]] = {}
        for workload in overlay.workloads():
            for kind, name in _referred_to(workload["spec"]["template"]["spec"]):
                if kind == "Secret":
                    users.setdefault(name, set()).add(_labels(workload)["app.kubernetes.io/name"])
        signing = {
            workload["metadata"]["name"]
            for workload in overlay.workloads()
            if ("Secret", "signing-key") in _referred_to(workload["spec"]["template"]["spec"])
        }
        assert signing == {"auth-web"}
        for name, who in users.items():
            owner = {"signing-key": "auth"}.get(name, name.partition("-")[0])
            # The fake Stripe signs its webhooks by the same word that payments checks them by.
            assert who - ({"stripe"} if name == "payments-environment" else set()) == {owner}, name


def _referred_to(pod: Any) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    if isinstance(pod, dict):
        for key, value in pod.items():
            kind = {"configMapRef": "ConfigMap", "secretRef": "Secret", "secretKeyRef": "Secret"}.get(key)
            if kind:
                found.add((kind, value["name"]))
            elif key == "configMap":
                found.add(("ConfigMap", value["name"]))
            elif key == "secret":
                found.add(("Secret", value["secretName"]))
            else:
                found |= _referred_to(value)
    if isinstance(pod, list):
        for item in pod:
            found |= _referred_to(item)
    return found


class TestTheTree:
    def test_holds_no_secret(self) -> None:
        telling = re.compile(r"sk_live|sk_test_\w{8}|PRIVATE KEY|kind: Secret\b")
        files = [path for path in TREE.rglob("*") if path.is_file() and "secrets" not in path.parts]
        assert files
        assert [path for path in files if telling.search(path.read_text())] == []
