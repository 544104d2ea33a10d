"""Kubernetes' API over HTTP, as far as kubectl needs it for our scripts."""

import json
import re
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.deployment.rendering import Object

if TYPE_CHECKING:
    from tests.deployment.cluster import Cluster

#: What the stand-in keeps: the API group and the name in a path, by kind.
KINDS = {
    "Deployment": ("apps/v1", "deployments"),
    "StatefulSet": ("apps/v1", "statefulsets"),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers"),
    "Pod": ("v1", "pods"),
    "Secret": ("v1", "secrets"),
    "ConfigMap": ("v1", "configmaps"),
}
_PLACES = {place: kind for kind, place in KINDS.items()}
_OBJECTS = re.compile(
    r"/apis?/(?P<group>v1|[a-z.]+/v\d)/namespaces/marketplace/(?P<kind>\w+)(?:/(?P<name>[\w.-]+))?"
)
_POLL = 0.01


def handler_for(cluster: "Cluster") -> type[BaseHTTPRequestHandler]:
    """Return what answers the requests to a cluster."""
    return type("Handler", (_Handler,), {"cluster": cluster})


class _Handler(BaseHTTPRequestHandler):
    cluster: "Cluster"
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        found = self._object_path()
        if found is None:
            self._answer(_discovery(parts.path))
        elif name := found["name"]:
            self._answer(self.cluster.named(self._kind(found), name))
        elif query.get("watch") in {"1", "true"}:
            self._watch(self._kind(found), query)
        else:
            kind = self._kind(found)
            items = [item for item in self.cluster.of_kind(kind) if _selected(item, query)]
            self._answer({**_list_head(kind), "metadata": {"resourceVersion": "1"}, "items": items})

    def do_PATCH(self) -> None:
        found = self._object_path()
        assert found, self.path
        self._answer(self.cluster.patch(self._kind(found), found["name"], self._body()))

    def do_POST(self) -> None:
        self._answer(self.cluster.put(self._body()), status=201)

    def _object_path(self) -> re.Match[str] | None:
        return _OBJECTS.fullmatch(urlsplit(self.path).path)

    def _kind(self, found: re.Match[str]) -> str:
        return _PLACES[found["group"], found["kind"]]

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: Object | None, status: int = 200) -> None:
        if body is None:
            status, body = 404, {**_NOT_FOUND, "message": f"{urlsplit(self.path).path} is not there"}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _watch(self, kind: str, query: dict[str, str]) -> None:
        """Tell all objects and then what becomes of them, until the client leaves."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        known: dict[str, Object] = {}
        self.close_connection = True
        end = time.monotonic() + 60
        try:
            while time.monotonic() < end:
                known = self._send_changes(kind, query, known)
                if query.pop("sendInitialEvents", "") == "true":
                    self._send_event("BOOKMARK", _bookmark(kind))
                time.sleep(_POLL)
        except OSError:
            return

    def _send_changes(self, kind: str, query: dict[str, str], known: dict[str, Object]) -> dict[str, Object]:
        now = {
            item["metadata"]["name"]: item for item in self.cluster.of_kind(kind) if _selected(item, query)
        }
        for name, item in now.items():
            if item is not known.get(name):
                self._send_event("MODIFIED" if name in known else "ADDED", item)
        for name in known.keys() - now.keys():
            self._send_event("DELETED", known[name])
        return now

    def _send_event(self, what: str, item: Object) -> None:
        self.wfile.write(json.dumps({"type": what, "object": item}).encode() + b"\n")
        self.wfile.flush()


def _list_head(kind: str) -> Object:
    return {"apiVersion": KINDS[kind][0], "kind": f"{kind}List"}


def _bookmark(kind: str) -> Object:
    ended = {"k8s.io/initial-events-end": "true"}
    return {
        "apiVersion": KINDS[kind][0],
        "kind": kind,
        "metadata": {"resourceVersion": "1", "annotations": ended},
    }


def _discovery(path: str) -> Object | None:
    groups = {group for group, _ in KINDS.values()}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        described = [_group(one) for one in groups - {"v1"}]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": described}
    group = path.removeprefix("/apis/").removeprefix("/api/")
    if group not in groups:
        return None
    resources = [
        {"name": name, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": _VERBS}
        for kind, (of_group, name) in KINDS.items()
        if of_group == group
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": resources}


_NOT_FOUND = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
_VERBS = ["create", "get", "list", "patch", "watch"]


def _group(version: str) -> Object:
    one = {"groupVersion": version, "version": version.partition("/")[2]}
    return {"name": version.partition("/")[0], "versions": [one], "preferredVersion": one}


def _selected(item: Object, query: dict[str, str]) -> bool:
    name = query.get("fieldSelector", "").removeprefix("metadata.name=")
    if name and name != item["metadata"]["name"]:
        return False
    labels = item["metadata"].get("labels", {})
    return all(_matcher(term)(labels) for term in _TERM.findall(query.get("labelSelector", "")))


_TERM = re.compile(r"(?:[^,(]|\([^)]*\))+")
_TERM_KINDS: tuple[tuple[re.Pattern[str], Callable[[str | None, set[str]], bool]], ...] = (
    (re.compile(r"(\S+) in \((.*)\)"), lambda value, wanted: value in wanted),
    (re.compile(r"(\S+) notin \((.*)\)"), lambda value, wanted: value not in wanted),
    (re.compile(r"([^=!\s]+)=(.*)"), lambda value, wanted: value in wanted),
    (re.compile(r"([^=!\s]+)()"), lambda value, wanted: value is not None),
)


def _matcher(term: str) -> Callable[[dict[str, str]], bool]:
    for pattern, matches in _TERM_KINDS:
        if found := pattern.fullmatch(term.strip()):
            wanted = {value.strip() for value in found[2].split(",")}
            return lambda labels: matches(labels.get(found[1]), wanted)
    raise ValueError(f"a selector that the stand-in doesn't know: {term}")
