"""The deployments as they come out: overlays rendered by kubectl, compose with its settings filled in."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deploy import secrets as deployment_secrets

ROOT = Path(__file__).parents[2]
TREE = ROOT / "deploy" / "k8s"
OBSERVABILITY = ROOT / "deploy" / "observability"
COMPOSE = ROOT / "docker" / "compose.yaml"
CADDYFILE = ROOT / "docker" / "Caddyfile"
OVERLAYS = ("local", "production")
#: Where the processes of a container count together; the library makes files there when it is imported.
COUNTING = "PROMETHEUS_MULTIPROC_DIR"
WORKLOADS = frozenset({"Deployment", "StatefulSet", "Job"})

Object = dict[str, Any]

_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::\?[^}]*)?\}")


def kubectl() -> str | None:
    """The renderer: the locked one, else whatever is on PATH; Intel's Macs have no locked one."""
    locked = Path(sys.executable).with_name("kubectl")
    return str(locked) if locked.exists() else shutil.which("kubectl")


def copy_of_the_tree(folder: Path) -> Path:
    """The tree with an overlay's secrets made, in a folder of its own, beside the dashboards."""
    copy = folder / "k8s"
    shutil.copytree(OBSERVABILITY / "grafana", folder / "observability" / "grafana")
    shutil.copytree(TREE, copy, ignore=shutil.ignore_patterns("secrets"))
    deployment_secrets.for_kubernetes(copy / "overlays" / "local" / "secrets")
    return copy


def render(folder: Path) -> list[Object]:
    """What `kubectl apply -k` would send."""
    program = kubectl()
    assert program is not None
    done = subprocess.run(
        [program, "kustomize", str(folder)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    # libyaml's: Python's own takes seconds for an overlay.
    return [item for item in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if item]


def here(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process on this machine, which has none of a container's folders."""
    return {name: value for name, value in environment.items() if name != COUNTING}


@dataclass(frozen=True)
class Container:
    """A container where it stands: in which workload, with which pod around it."""

    workload: Object
    pod: Object
    spec: Object
    is_init: bool

    @property
    def name(self) -> str:
        kind = "init " if self.is_init else ""
        return f"{self.workload['kind']} {self.workload['metadata']['name']}: {kind}{self.spec['name']}"

    @property
    def service(self) -> str:
        """Which of our services it runs, or nothing."""
        image = re.sub(r"[@:][^/]*$", "", self.spec["image"]).rpartition("marketplace/")[2]
        return image if (ROOT / f"{image}_service").is_dir() else ""

    @property
    def role(self) -> str:
        return str(self.spec["args"][0])


@dataclass(frozen=True)
class Deployed:
    """Everything of one overlay, its Secrets included."""

    overlay: str
    objects: list[Object]
    secrets: list[Object] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> list[Object]:
        return [item for item in self.objects if item["kind"] in kinds]

    def named(self, kind: str, name: str) -> Object:
        found = [
            item
            for item in [*self.objects, *self.secrets]
            if (item["kind"], item["metadata"]["name"]) == (kind, name)
        ]
        assert len(found) >= 1, f"{self.overlay} has no {kind} {name}"
        return found[0]

    def workloads(self) -> list[Object]:
        return self.of_kind(*WORKLOADS)

    def containers(self) -> Iterator[Container]:
        for workload in self.workloads():
            pod = workload["spec"]["template"]["spec"]
            for is_init, key in ((True, "initContainers"), (False, "containers")):
                for spec in pod.get(key, []):
                    yield Container(workload, pod, spec, is_init)

    def of_services(self) -> list[Container]:
        return [container for container in self.containers() if container.service]

    def environment(self, container: Container) -> dict[str, str]:
        """The whole environment that a container is given; Secrets' values are as kustomize has them."""
        values: dict[str, str] = {}
        for source in container.spec.get("envFrom", []):
            (key, reference), *_ = source.items()
            kind = {"configMapRef": "ConfigMap", "secretRef": "Secret"}[key]
            values |= self.named(kind, reference["name"])["data"]
        for one in container.spec.get("env", []):
            values[one["name"]] = one.get("value", "")
        return values


def deployed(overlay: str, tree: Path) -> Deployed:
    """An overlay with the Secrets that belong to it."""
    objects = render(tree / "overlays" / overlay)
    secrets = render(tree / "overlays" / "local" / "secrets")
    return Deployed(overlay, objects, secrets)


@dataclass(frozen=True)
class Composed:
    """The compose file, its settings filled in as `.env` has them."""

    document: Object
    settings: dict[str, str]
    used: set[str]

    @property
    def services(self) -> dict[str, Object]:
        found: dict[str, Object] = self.document["services"]
        return found

    def of(self, service: str) -> dict[str, Object]:
        """The processes of one of our services."""
        return {
            name: one for name, one in self.services.items() if f"/{service}:" in str(one.get("image", ""))
        }


def compose(folder: Path) -> Composed:
    """The compose file with the settings that `secrets compose` writes."""
    deployment_secrets.for_compose(folder)
    settings = settings_of((folder / ".env").read_text())
    document, used = yaml.safe_load(COMPOSE.read_text()), set()

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        if not isinstance(value, str):
            return value
        used.update(_VARIABLE.findall(value))
        return _VARIABLE.sub(lambda found: settings.get(found[1], ""), value)

    return Composed(fill(document), settings, used)


def settings_of(text: str) -> dict[str, str]:
    """The lines `NAME=value` of an env file."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}
