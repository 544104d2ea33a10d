"""A stand-in for a cluster: as much of Kubernetes' API as our scripts use, served to the real kubectl.

It keeps the objects, starts and ends pods as deployments ask for them, and has an autoscaler, which leaves a
deployment of 0 alone. It runs nothing.
"""

import base64
import copy
import itertools
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.deployment.cluster_api import KINDS, handler_for
from tests.deployment.rendering import Object

#: Seconds that a pod takes to end.
GRACE = 0.4

Key = tuple[str, str]


class Cluster:
    """Objects by their kind and name, in one namespace. What happens to a deployment happens at once.

    An object that was given out never changes: a changed one takes its place.
    """

    def __init__(self, objects: Iterable[Object]) -> None:
        self._lock = threading.RLock()
        self._versions = itertools.count(1)
        self._objects: dict[Key, Object] = {}
        #: When a terminating pod has ended.
        self._ends: dict[Key, float] = {}
        #: From what each pod was started: its template, and the Secrets' values of that moment.
        self._started: dict[str, tuple[Object, dict[str, str]]] = {}
        known = [item for item in objects if item["kind"] in KINDS]
        # Deployments last: pods want their Secrets, and an autoscaler is there whenever a deployment changes.
        for item in sorted(known, key=lambda item: str(item["kind"] == "Deployment")):
            self.put(item)

    def of_kind(self, kind: str) -> list[Object]:
        """Return the objects of a kind."""
        with self._lock:
            self._end_pods()
            return [item for (one, _), item in self._objects.items() if one == kind]

    def named(self, kind: str, name: str) -> Object | None:
        """Return an object, or None."""
        return next((item for item in self.of_kind(kind) if item["metadata"]["name"] == name), None)

    def sizes(self, service: str) -> dict[str, int]:
        """Return the number of replicas of each deployment of a service."""
        return {
            item["metadata"]["name"]: item["spec"]["replicas"]
            for item in self.of_kind("Deployment")
            if item["metadata"]["labels"]["app.kubernetes.io/name"] == service
        }

    def running(self, service: str) -> Iterator[tuple[Object, dict[str, str]]]:
        """Yield the pods of a service, each with the secret part of its environment."""
        for pod in self.of_kind("Pod"):
            if pod["metadata"]["labels"]["app.kubernetes.io/name"] == service:
                yield pod, self._started[pod["metadata"]["name"]][1]

    def put(self, item: Object) -> Object:
        """Keep an object, in place of any of its name, and return it as it is kept."""
        with self._lock:
            kept = copy.deepcopy(item)
            kept["metadata"] |= {"resourceVersion": str(next(self._versions)), "namespace": "marketplace"}
            if kept["kind"] == "Deployment":
                self._settle(kept)
            self._objects[kept["kind"], kept["metadata"]["name"]] = kept
            return kept

    def patch(self, kind: str, name: str, change: Object) -> Object | None:
        """Change an object by a merge patch; return it, or None where it isn't there."""
        with self._lock:
            known = self.named(kind, name)
            if known is None:
                return None
            item = copy.deepcopy(known)
            _merge(item, change)
            return self.put(item)

    def _settle(self, deployment: Object) -> None:
        """Do what the autoscaler and the deployment's controller do."""
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        size = self._autoscaled(name, spec.setdefault("replicas", 1))
        spec["replicas"] = size
        counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        generation = deployment["metadata"].get("generation", 0) + 1
        deployment["metadata"]["generation"] = generation
        deployment["status"] = dict.fromkeys(counts, size) | {"observedGeneration": generation}
        for number in range(size):
            self._start_pod(f"{name}-{number}", spec["template"])
        for number in itertools.count(size):
            if ("Pod", f"{name}-{number}") not in self._objects:
                break
            self._ends.setdefault(("Pod", f"{name}-{number}"), time.monotonic() + GRACE)

    def _autoscaled(self, name: str, size: int) -> int:
        scaler = self._objects.get(("HorizontalPodAutoscaler", name))
        if scaler is None or size == 0:
            return size
        return int(min(max(size, scaler["spec"]["minReplicas"]), scaler["spec"]["maxReplicas"]))

    def _start_pod(self, name: str, template: Object) -> None:
        ending = self._ends.pop(("Pod", name), None) is not None
        if ending or ("Pod", name) not in self._objects or self._started[name][0] != template:
            pod = copy.deepcopy({"apiVersion": "v1", "kind": "Pod", **template})
            self._started[name] = copy.deepcopy(template), self._secrets_of(template)
            pod["metadata"] |= {"name": name, "uid": f"{name}-{time.monotonic_ns()}"}
            self.put(pod)

    def _secrets_of(self, template: Object) -> dict[str, str]:
        references = [
            source.get("secretRef") for source in template["spec"]["containers"][0].get("envFrom", [])
        ]
        secrets = [self._objects.get(("Secret", one["name"])) for one in references if one]
        return {
            name: base64.b64decode(value).decode()
            for secret in secrets
            if secret
            for name, value in secret["data"].items()
        }

    def _end_pods(self) -> None:
        for key in [key for key, when in self._ends.items() if when < time.monotonic()]:
            del self._ends[key], self._objects[key]


@contextmanager
def serving(cluster: Cluster, folder: Path) -> Iterator[dict[str, str]]:
    """Serve a cluster's API, and yield the environment in which kubectl points at it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(cluster))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    config = folder / "kubeconfig"
    config.write_text(_kubeconfig(f"http://127.0.0.1:{server.server_port}"))
    try:
        yield {"PATH": os.environ["PATH"], "HOME": str(folder), "KUBECONFIG": str(config)}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _kubeconfig(address: str) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "trial",
            "clusters": [{"name": "trial", "cluster": {"server": address}}],
            "contexts": [{"name": "trial", "context": {"cluster": "trial", "user": "trial"}}],
            "users": [{"name": "trial", "user": {}}],
        }
    )


def _merge(item: Object, change: Any) -> None:
    for key, value in change.items():
        if value is None:
            item.pop(key, None)
        elif isinstance(value, dict):
            _merge(item.setdefault(key, {}), value)
        else:
            item[key] = json.loads(json.dumps(value))
