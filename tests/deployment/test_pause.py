"""`deploy/k8s/pause` and `deploy/k8s/resume`, run by the real kubectl against a stand-in for a cluster."""

import copy
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.deployment.cluster import Cluster, serving
from tests.deployment.rendering import TREE, Deployed, Object, kubectl

#: What the people of this cluster have made of the overlay.
RUNNING = "registry.example.com/marketplace/orders:9.9.9"
SIZES = {"orders-web": 5, "orders-commands": 3, "orders-events": 2, "orders-relay": 2}
ZEROS = dict.fromkeys(SIZES, 0)
Done = subprocess.CompletedProcess[str]


class Operator:
    """An operator at a terminal whose kubectl points at a cluster."""

    def __init__(self, cluster: Cluster, environment: dict[str, str]) -> None:
        self.cluster = cluster
        self.environment = environment

    def run(self, script: str, *arguments: str) -> Done:
        """Run one of the tree's scripts."""
        command = [str(TREE / script), *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=30
        )

    def must(self, script: str, *arguments: str) -> Done:
        """Run one of the tree's scripts, which must end well."""
        done = self.run(script, *arguments)
        assert done.returncode == 0, done.stderr
        return done

    def pods(self, service: str = "orders") -> set[str]:
        """Return the kinds of process that have pods, those that are ending included."""
        labels = [pod["metadata"]["labels"] for pod in self.cluster.of_kind("Pod")]
        return {
            one["app.kubernetes.io/component"] for one in labels if one["app.kubernetes.io/name"] == service
        }

    def images(self) -> set[str]:
        """Return the images of the orders service's deployments."""
        return {
            item["spec"]["template"]["spec"]["containers"][0]["image"]
            for item in self.cluster.of_kind("Deployment")
            if item["metadata"]["name"] in SIZES
        }


@pytest.fixture(scope="class")
def operator(everything: dict[str, Deployed], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Production, a release later than the overlay says, and scaled by the autoscaler and by hand.

    One for each class, since every step of a script starts kubectl.
    """
    folder = tmp_path_factory.mktemp("operator")
    cluster = Cluster(everything["production"].objects)
    for name, size in SIZES.items():
        deployment = copy.deepcopy(cluster.named("Deployment", name))
        assert deployment
        deployment["spec"]["replicas"] = size
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = RUNNING
        cluster.put(deployment)
    with serving(cluster, folder) as environment:
        tools = folder / "bin"
        tools.mkdir()
        (tools / "kubectl").symlink_to(str(kubectl()))
        yield Operator(cluster, environment | {"PATH": f"{tools}{os.pathsep}{environment['PATH']}"})


@pytest.fixture(scope="class")
def said(operator: Operator) -> str:
    """A pause of the whole service, right after one of some of its processes."""
    assert operator.pods() == {"web", "events", "commands", "relay"}
    operator.must("pause", "orders", "events", "relay")
    assert operator.cluster.sizes("orders") == {**SIZES, "orders-events": 0, "orders-relay": 0}
    assert operator.pods() == {"web", "commands"}
    said = operator.must("pause", "orders").stdout
    assert operator.pods() == set(), "it ends when the last pod has ended"
    return said


@pytest.fixture(scope="class")
def before(operator: Operator) -> Object:
    """A deployment as it was before a pause, after which all were brought back."""
    before = operator.cluster.named("Deployment", "orders-web")
    operator.must("pause", "orders")
    assert before
    assert operator.cluster.named("Deployment", "orders-web") != before
    operator.must("resume", "orders")
    return before


class TestPause:
    def test_stops_every_process_of_the_service_and_of_no_other(self, operator: Operator, said: str) -> None:
        assert operator.cluster.sizes("orders") == ZEROS
        others = [operator.cluster.sizes(name) for name in ("auth", "tickets", "payments", "frontend")]
        assert all(size > 0 for sizes in others for size in sizes.values())

    def test_says_how_many_pods_it_remembers_and_in_which_cluster(self, said: str) -> None:
        assert "in trial" in said
        assert "orders-web: 5 pods" in said

    def test_stops_a_service_without_an_events_worker(self, operator: Operator) -> None:
        operator.must("pause", "auth")
        assert operator.cluster.sizes("auth") == {"auth-web": 0, "auth-commands": 0, "auth-relay": 0}

    def test_is_followed_by_no_release(self, operator: Operator, said: str) -> None:
        done = operator.run("release", "production")
        assert done.returncode == 1
        assert "deploy/k8s/resume orders" in done.stderr
        assert "1. " not in done.stdout

    def test_twice_forgets_nothing(self, operator: Operator, said: str) -> None:
        operator.must("resume", "orders")
        assert operator.cluster.sizes("orders") == SIZES


class TestResume:
    def test_brings_back_as_many_from_the_images_that_ran(self, operator: Operator, before: Object) -> None:
        assert operator.cluster.sizes("orders") == SIZES
        assert operator.images() == {RUNNING}
        assert operator.pods() == {"web", "events", "commands", "relay"}

    def test_leaves_no_trace(self, operator: Operator, before: Object) -> None:
        after = operator.cluster.named("Deployment", "orders-web")
        assert after
        assert after["metadata"]["labels"] == before["metadata"]["labels"]
        assert after["spec"] == before["spec"]

    def test_changes_nothing_the_second_time(self, operator: Operator, before: Object) -> None:
        operator.cluster.patch("Deployment", "orders-web", {"spec": {"replicas": 7}})
        assert "not paused" in operator.must("resume", "orders").stdout
        assert operator.cluster.sizes("orders") == {**SIZES, "orders-web": 7}

    def test_leaves_alone_what_was_started_meanwhile(self, operator: Operator, before: Object) -> None:
        operator.must("pause", "orders", "relay")
        operator.cluster.patch("Deployment", "orders-relay", {"spec": {"replicas": 3}})
        operator.must("resume", "orders")
        assert operator.cluster.sizes("orders")["orders-relay"] == 3


@pytest.mark.parametrize("script", ["pause", "resume"])
class TestMistakes:
    def test_in_the_service_s_name_are_answered_with_the_names(self, operator: Operator, script: str) -> None:
        done = operator.run(script, "order")
        assert done.returncode == 2
        assert "no service order " in done.stderr
        assert "auth frontend orders payments tickets" in done.stderr

    def test_in_the_arguments_are_answered_with_the_usage(self, operator: Operator, script: str) -> None:
        done = operator.run(script)
        assert done.returncode == 2
        assert f"deploy/k8s/{script} SERVICE" in done.stderr

    def test_in_the_context_are_named(self, operator: Operator, script: str) -> None:
        nowhere = Operator(operator.cluster, operator.environment | {"KUBECONFIG": os.devnull})
        done = nowhere.run(script, "orders")
        assert done.returncode == 2
        assert "kubectl config use-context" in done.stderr
        assert operator.cluster.sizes("orders") == SIZES


class TestAnUnknownProcess:
    @pytest.mark.parametrize(("service", "process"), [("orders", "postgres"), ("auth", "events")])
    def test_stops_nothing(self, operator: Operator, service: str, process: str) -> None:
        sizes = operator.cluster.sizes(service)
        done = operator.run("pause", service, "web", process)
        assert done.returncode == 2
        assert f"{service} has no process {process}" in done.stderr
        assert operator.cluster.sizes(service) == sizes
