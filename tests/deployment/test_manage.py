"""`deploy/k8s/manage` against a kubectl that knows one deployment, and what our images run when asked."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.deployment.rendering import ROOT, TREE, Deployed, Object, kubectl

#: Patches for real; what runs in the pod says what came in and how it was called, and ends with $CODE.
_STUB = """#!/bin/sh
echo "$@" >>"$CALLS/calls"
case "$*" in
patch*) exec "$REAL_KUBECTL" "$@" ;;
*"get deployment "*.spec.template.spec*) cat "$CALLS/spec" ;;
*"get deployment "*.metadata.labels*) cat "$CALLS/labels" ;;
*create*) cat >"$CALLS/pod" ;;
*" wait "*) exit "$READY" ;;
*exec*) while [ "$1" != -- ]; do shift; done; echo "ran: $*"; cat; exit "$CODE" ;;
esac
"""


class Manage:
    """The script, and the pod that it has made."""

    def __init__(self, folder: Path, deployment: Object) -> None:
        self.folder = folder
        template = deployment["spec"]["template"]
        (folder / "spec").write_text(json.dumps(template["spec"]))
        (folder / "labels").write_text(json.dumps(template["metadata"]["labels"]))
        stub = folder / "kubectl"
        stub.write_text(_STUB)
        stub.chmod(0o755)

    def run(
        self, *arguments: str, given: str = "", code: int = 0, ready: int = 0
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "REAL_KUBECTL": str(kubectl()),
            "CALLS": str(self.folder),
            "CODE": str(code),
            "READY": str(ready),
        }
        return subprocess.run(
            [str(TREE / "manage"), *arguments],
            env=environment, input=given, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    @property
    def pod(self) -> Object:
        found: Object = json.loads((self.folder / "pod").read_text())
        return found

    @property
    def last_call(self) -> str:
        return (self.folder / "calls").read_text().splitlines()[-1]


@pytest.fixture
def deployment(overlay: Deployed) -> Object:
    return next(item for item in overlay.workloads() if item["metadata"]["name"] == "orders-commands")


@pytest.fixture
def manage(tmp_path: Path, deployment: Object) -> Manage:
    return Manage(tmp_path, deployment)


class TestManage:
    def test_runs_the_command_and_passes_on_what_goes_in_and_comes_out(self, manage: Manage) -> None:
        done = manage.run("orders", "events", "recover", "a file", given="an event\n")
        ran = "ran: -- /app/run manage events recover a file"
        assert (done.returncode, done.stdout) == (0, f"{ran}\nan event\n"), done

    def test_ends_as_the_command_does_and_leaves_no_pod(self, manage: Manage) -> None:
        assert manage.run("orders", "reconcile", code=2).returncode == 2
        assert f"delete pod {manage.pod['metadata']['name']}" in manage.last_call

    def test_leaves_no_pod_that_never_started(self, manage: Manage) -> None:
        done = manage.run("orders", "reconcile", ready=1)
        assert (done.returncode, done.stdout) == (1, "")
        assert "delete pod" in manage.last_call

    def test_makes_a_pod_that_may_do_what_the_services_own_may(
        self, manage: Manage, deployment: Object
    ) -> None:
        manage.run("orders", "export_orders")
        template, pod = deployment["spec"]["template"], manage.pod
        assert pod["metadata"]["labels"] == template["metadata"]["labels"]
        assert pod["metadata"]["namespace"] == "marketplace"
        [ours], [theirs] = pod["spec"].pop("containers"), template["spec"]["containers"]
        changed = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
        assert changed == {"args", "command", "startupProbe", "readinessProbe", "livenessProbe"}

    def test_starts_nothing_of_the_service_by_itself(self, manage: Manage) -> None:
        manage.run("orders", "export_orders")
        [container] = manage.pod["spec"]["containers"]
        assert container["command"] == ["sleep"]
        assert "initContainers" not in manage.pod["spec"]
        assert manage.pod["spec"]["restartPolicy"] == "Never"

    def test_says_how_it_is_called(self, manage: Manage) -> None:
        done = manage.run("orders")
        assert done.returncode == 2
        assert "deploy/k8s/manage SERVICE COMMAND" in done.stderr


class TestWhatAContainerRuns:
    @pytest.mark.parametrize(
        ("words", "ran"),
        [
            (["events"], "worker events --heartbeat /tmp/heartbeat"),
            (["manage", "events", "lag"], "events lag"),
            (["manage", "migrate"], "migrate"),
            (["migrate", "--noinput"], "migrate --noinput"),
        ],
    )
    def test_is_a_process_or_a_management_command(self, tmp_path: Path, words: list[str], ran: str) -> None:
        python = tmp_path / "python"
        python.write_text('#!/bin/sh\necho "$*"\n')
        python.chmod(0o755)
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SERVICE": "orders"}
        done = subprocess.run(
            [str(ROOT / "docker" / "run"), *words],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == f"-m orders_service.manage {ran}\n"
