"""`deploy/k8s/release` against a kubectl that records its arguments."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deployment.rendering import kubectl

#: Renders for real, answers `get` with a name, and keeps what was applied with which selector.
_STUB = """#!/bin/sh
case "$1" in
kustomize) exec "$REAL_KUBECTL" "$@" ;;
apply) cp "$3" "$CALLS.yaml" ;;
esac
printf "%s\\n" "$*" >>"$CALLS"
case "$*" in
*paused*) ;;
*"get statefulsets"*) echo statefulset/one ;;
*"get deployments"*) echo deployment/one ;;
esac
"""


#: What a call does, the first of these that it speaks of.
_STEPS = ("paused", "apply", "delete", "wait", "rollout status", "get")


class Release:
    """The script in a copy of the tree."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.calls_file = folder / "calls"
        stub = folder / "kubectl"
        stub.write_text(_STUB)
        stub.chmod(0o755)
        self._script = tree / "release"
        self._environment = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "REAL_KUBECTL": str(kubectl()),
            "CALLS": str(self.calls_file),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._script), *arguments],
            env=self._environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines()


@pytest.fixture
def release(tree: Path, tmp_path: Path) -> Release:
    return Release(tree, tmp_path)


class TestRelease:
    def test_starts_no_process_before_the_schema_and_the_queues_are_there(self, release: Release) -> None:
        done = release.run("local")
        assert done.returncode == 0, done.stderr
        steps = [
            next(word for word in _STEPS if word in call)
            + (" processes" if " in (web" in call else " jobs" if "=prepare" in call else "")
            for call in release.calls()
        ]
        assert steps == [
            "paused",
            *("apply", "get", "rollout status"),
            *("delete jobs", "apply jobs", "wait jobs"),
            *("apply processes", "get processes", "rollout status"),
        ]
        assert "notin (web,events,commands,relay,prepare)" in release.calls()[1]

    @pytest.mark.parametrize("overlay", ["local", "production"])
    def test_takes_every_image_of_ours_from_the_given_registry(self, release: Release, overlay: str) -> None:
        done = release.run(overlay, "registry.test:5000/shop", "1.2.3")
        assert done.returncode == 0, done.stderr
        images = {
            container["image"]
            for item in yaml.safe_load_all(Path(f"{release.calls_file}.yaml").read_text())
            if item["kind"] in {"Deployment", "Job"} and item["metadata"]["name"] != "stripe"
            for key in ("initContainers", "containers")
            for container in item["spec"]["template"]["spec"].get(key, [])
        }
        services = ("auth", "tickets", "orders", "payments", "frontend")
        assert images == {f"registry.test:5000/shop/{service}:1.2.3" for service in services}

    @pytest.mark.parametrize("wrong", [(), ("nowhere",), ("local", "registry.test")])
    def test_refuses_what_it_does_not_understand(self, release: Release, wrong: tuple[str, ...]) -> None:
        done = release.run(*wrong)
        assert done.returncode == 2
        assert done.stderr
        assert not release.calls_file.exists()
