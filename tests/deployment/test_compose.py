"""The compose file: what Compose takes, and what we ask of every container."""

import subprocess
import sys
from pathlib import Path

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
            assert one["tmpfs"] == ["/tmp"], name
            assert one["cap_drop"] == ["ALL"], name
            assert one["security_opt"] == ["no-new-privileges:true"], name

    def test_that_goes_on_says_whether_it_is_well(self, composed: Composed) -> None:
        once = ("migrate", "topology", "keys")
        for name, one in composed.services.items():
            goes_on = not name.endswith(once) and "profiles" not in one and name != "stripe"
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
        assert {name for name, one in networks.items() if not one.get("internal")} == {"edge"}

    def test_keep_web_processes_from_the_broker(self, composed: Composed) -> None:
        assert [
            name
            for name, one in composed.services.items()
            if name.endswith("-web") and "bus" in one["networks"]
        ] == []


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
