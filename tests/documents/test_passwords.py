"""Passwords change as the guides say, and at no moment of it does a process fail to connect.

The commands are the documents' own. A real broker and a real database take them; the cluster and compose are
stand-ins that say from which Secrets each process was started.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from deploy import secrets as deployment_secrets
from deploy.secrets import definitions_of
from local_stack.backing import rabbitmq
from local_stack.credentials import credentials_of
from local_stack.environment import base_environment
from tests.deployment.cluster import Cluster, serving
from tests.deployment.rendering import copy_of_the_tree, kubectl, render
from tests.documents import docker_stand_in
from tests.documents.guides import ROOT, block_with, commands
from tests.documents.servers import Servers, servers
from tests.ephemeral_postgres import temporary_run_dir

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(300)]

#: Runs in this place what is to be run in a pod, and everything else in the cluster.
_KUBECTL = """#!/bin/sh
case " $* " in
*" exec "*)
    while [ "$1" != -- ]; do shift; done
    shift
    exec "$@"
    ;;
# The stand-in for a cluster has no schema.
*" apply "*) set -- "$@" --validate=false ;;
esac
exec "$REAL_KUBECTL" "$@"
"""
Addresses = tuple[str, str]


class Site(Protocol):
    """A deployment of the orders service."""

    def run(self, command: str) -> None:
        """Type a command of a guide, which must end well."""

    def running(self) -> dict[str, Addresses]:
        """Return the addresses of broker and database that each process was started with; empty if unused."""
        ...

    def definitions(self) -> str:
        """Return what the broker would find at its next boot."""
        ...


class InACluster:
    """The overlay for production, in a stand-in for a cluster."""

    def __init__(self, cluster: Cluster, environment: dict[str, str]) -> None:
        self._cluster = cluster
        self._environment = environment

    def run(self, command: str) -> None:
        _run(command, ROOT, self._environment)

    def running(self) -> dict[str, Addresses]:
        return {
            pod["metadata"]["name"]: (
                values["BROKER_URL"] if "marketplace/broker" in pod["metadata"]["labels"] else "",
                values["ORDERS_DATABASE_URL"],
            )
            for pod, values in self._cluster.running("orders")
        }

    def definitions(self) -> str:
        secret = self._cluster.named("Secret", "rabbitmq")
        assert secret
        return base64.b64decode(secret["data"]["definitions.json"]).decode()


class OnOneMachine:
    """Compose, with a stand-in for docker."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def run(self, command: str) -> None:
        _run(command, self._folder, self._environment)

    def running(self) -> dict[str, Addresses]:
        containers = json.loads(Path(self._environment["CONTAINERS"]).read_text())
        return {
            name: (
                "" if name == "orders-web" else values["BROKER_URL"],
                values["ORDERS_DATABASE_URL"],
            )
            for name, values in containers.items()
            if "ORDERS_DATABASE_URL" in values
        }

    def definitions(self) -> str:
        return (self._folder / "docker" / "secrets" / "definitions.json").read_text()


def _run(command: str, folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def _write_script(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@contextmanager
def in_a_cluster(folder: Path, both: Servers) -> Iterator[InACluster]:
    """Production, with the secrets where the guide keeps them."""
    secrets = folder / "safe" / "marketplace"
    deployment_secrets.for_kubernetes(secrets)
    objects = [*render(copy_of_the_tree(folder) / "overlays" / "production"), *render(secrets)]
    cluster = Cluster(objects)
    _write_script(folder / "bin" / "kubectl", _KUBECTL)
    with serving(cluster, folder) as variables:
        path = os.pathsep.join((str(folder / "bin"), str(both.programs), os.environ["PATH"]))
        environment = base_environment() | variables | {"PATH": path, "REAL_KUBECTL": str(kubectl())}
        yield InACluster(cluster, environment)


@contextmanager
def on_one_machine(folder: Path, both: Servers) -> Iterator[OnOneMachine]:
    """Compose, in a folder with as much of the repository as the guide's commands name."""
    docker = folder / "docker"
    deployment_secrets.for_compose(docker)
    (docker / "compose.yaml").symlink_to(ROOT / "docker" / "compose.yaml")
    _write_script(
        folder / "manage_all.py", f'#!/bin/sh\nexec {ROOT}/manage_all.py "$@" --directory {docker}\n'
    )
    stand_in = f'exec {sys.executable} -m {docker_stand_in.__name__} "$@"\n'
    _write_script(folder / "bin" / "docker", f"#!/bin/sh\nexport PYTHONPATH={ROOT}\n{stand_in}")
    kept = folder / "containers.json"
    kept.write_text(json.dumps(docker_stand_in.declared(docker)))
    path = os.pathsep.join((str(folder / "bin"), str(both.programs), os.environ["PATH"]))
    yield OnOneMachine(folder, base_environment() | {"PATH": path, "CONTAINERS": str(kept)})


PLACES: dict[str, Callable[[Path, Servers], AbstractContextManager[Site]]] = {
    "scale-and-maintain.md": in_a_cluster,
    "run-with-compose.md": on_one_machine,
}


@pytest.fixture(scope="module")
def both() -> Iterator[Servers]:
    if rabbitmq.server_script() is None and os.environ.get("CI") != "true":
        pytest.skip(f"needs RabbitMQ: {rabbitmq.INSTALL_COMMAND}")
    with temporary_run_dir() as folder:
        users = definitions_of(credentials_of(folder))
    with servers(users, "orders") as both:
        yield both


@pytest.fixture(scope="module", params=PLACES)
def guide(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def site(guide: str, both: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A place as a guide has it, whose passwords are those of the two servers."""
    with PLACES[guide](tmp_path_factory.mktemp("site"), both) as site:
        both.set_addresses(*(next(filter(None, urls)) for urls in zip(*site.running().values(), strict=True)))
        yield site


class TestAPassword:
    def test_of_the_broker_changes_while_all_that_runs_can_connect(
        self, guide: str, site: Site, both: Servers
    ) -> None:
        before = site.running()
        follow(site, both, block_with(guide, "--renew orders.broker"))
        old, new = (_the_one(broker for broker, _ in one.values()) for one in (before, site.running()))
        assert site.running().keys() == before.keys()
        assert old != new
        assert not both.broker.accepts(old)
        both.broker.boot(site.definitions())
        assert both.broker.accepts(new), "the next boot has brought the old password back"

    def test_of_a_database_changes_while_all_that_runs_can_connect(
        self, guide: str, site: Site, both: Servers
    ) -> None:
        before = site.running()
        follow(site, both, block_with(guide, "--renew orders.database"))
        old, new = (_the_one(database for _, database in one.values()) for one in (before, site.running()))
        assert site.running().keys() == before.keys()
        assert old != new
        assert not both.accept("", old)

    @pytest.mark.parametrize("secret", ["database", "broker"])
    def test_that_changes_under_a_process_is_noticed(
        self, guide: str, site: Site, both: Servers, secret: str
    ) -> None:
        """The control, and the last: the same commands without what stops the processes."""
        change = commands(block_with(guide, f"--renew orders.{secret}"))[1]
        site.run(change)
        with pytest.raises(AssertionError, match="can't connect"):
            check(site, both, change)


def _the_one(urls: Iterable[str]) -> str:
    """Return what all have that have something."""
    [url] = {url for url in urls if url}
    return url


def follow(site: Site, both: Servers, block: str) -> None:
    """Type the commands of a block, and see before and after each that all can connect who run."""
    check(site, both, "before")
    for command in commands(block):
        site.run(command)
        check(site, both, command)


def check(site: Site, both: Servers, when: str) -> None:
    """Raise AssertionError where a process that runs can't connect by what it was started with."""
    for name, addresses in site.running().items():
        assert both.accept(*addresses), f"{name} can't connect: {when}"
