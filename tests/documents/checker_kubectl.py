"""Which objects a kubectl command names, and whether a release makes them."""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from tests.deployment.rendering import Deployed, Object
from tests.documents.guides import ROOT

NAMESPACE = "marketplace"
_KINDS = {
    "deployment": "Deployment",
    "deployments": "Deployment",
    "statefulset": "StatefulSet",
    "statefulsets": "StatefulSet",
    "job": "Job",
    "secret": "Secret",
    "configmap": "ConfigMap",
}
#: Kinds that stand in no namespace.
_ANYWHERE = frozenset({"drain", "apply", "label"})


class NotThere(AssertionError):
    """A command names what no release makes, or in a way that isn't known here."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise NotThere(message)


@dataclass(frozen=True)
class Inside:
    """What is to be run in a container, and whose image that is from, where it is one of ours."""

    service: str
    command: list[str]


@dataclass(frozen=True)
class Kubectl:
    """Checks commands against an overlay. kubectl itself reads its options, elsewhere."""

    overlay: Deployed

    def check(self, arguments: list[str]) -> Inside | None:
        """Return what is to be run in a container, if anything. Raises NotThere."""
        top = _Parser()
        top.add_argument("-n", "--namespace")
        options, rest = top.parse_known_args(_before_dashes(arguments))
        verb, *rest = rest
        checks: dict[str, Callable[[list[str]], None]] = {
            "apply": self._apply,
            "create": self._create,
            "drain": lambda words: None,
            "label": self._label,
            "rollout": self._rollout,
            "exec": lambda words: None,
        }
        if verb not in checks:
            raise NotThere(f"there is no check for kubectl {verb}")
        if verb not in _ANYWHERE and options.namespace != NAMESPACE:
            raise NotThere(f"kubectl {verb} in the namespace {options.namespace}")
        if verb == "exec":
            return self._exec(rest, arguments[len(_before_dashes(arguments)) + 1 :])
        checks[verb](rest)
        return None

    def _exec(self, words: list[str], command: list[str]) -> Inside:
        parser = _Parser()
        for flag in ("-i", "-t", "-it", "--stdin", "--tty"):
            parser.add_argument(flag, action="store_true")
        parser.add_argument("-c", "--container")
        parser.add_argument("target")
        options = parser.parse_args(words)
        workload = self._object(options.target)
        containers = workload["spec"]["template"]["spec"]["containers"]
        if options.container not in {None, *(one["name"] for one in containers)}:
            raise NotThere(f"{options.target} has no container {options.container}")
        if not command:
            raise NotThere("nothing is run")
        name = workload["metadata"]["name"]
        self._as_whom(name, command)
        return Inside(name.partition("-")[0], command)

    def _as_whom(self, name: str, command: list[str]) -> None:
        """Require that the user whom a command in a database's pod, or the broker's, names exists there."""
        if name.endswith("-postgres"):
            service = name.removesuffix("-postgres")
            users = re.findall(r"--username (\S+)", " ".join(command))
            if set(users) != {service}:
                raise NotThere(f"{name} has no user {users}")
        elif name == "rabbitmq" and command[:2] == ["rabbitmqctl", "change_password"]:
            self.overlay.named("Secret", f"{command[2]}-environment")

    def _apply(self, words: list[str]) -> None:
        parser = _Parser()
        parser.add_argument("-f", "--filename", action="append", default=[])
        parser.add_argument("-k", "--kustomize")
        options = parser.parse_args(words)
        for path in options.filename:
            if not (ROOT / path).is_file():
                raise NotThere(f"there is no {path}")
        folder = options.kustomize
        # The secrets, where `./manage_all.py secrets kubernetes` makes them.
        made = folder is None or folder.endswith("/safe/marketplace")
        if not made and not (ROOT / folder / "kustomization.yaml").is_file():
            raise NotThere(f"{folder} is nothing to be applied")

    def _label(self, words: list[str]) -> None:
        kind, _, label = words
        known = [path.read_text() for path in (ROOT / "deploy" / "k8s" / "components").rglob("network.yaml")]
        if kind != "namespace" or not any(label.replace("=", ': "') in text for text in known):
            raise NotThere(f"no policy asks for the {kind}'s label {label}")

    def _create(self, words: list[str]) -> None:
        parser = _Parser()
        parser.add_argument("kind", choices=["secret"])
        parser.add_argument("type", choices=["tls"])
        parser.add_argument("name")
        parser.add_argument("--cert", required=True)
        parser.add_argument("--key", required=True)
        name = parser.parse_args(words).name
        wanted = {
            one["secretName"] for item in self.overlay.of_kind("Ingress") for one in item["spec"]["tls"]
        }
        if name not in wanted:
            raise NotThere(f"no Ingress has the certificate {name}")

    def _rollout(self, words: list[str]) -> None:
        verb, *targets = words
        if verb not in {"restart", "undo", "status"} or not targets:
            raise NotThere(f"rollout {' '.join(words)}")
        for target in targets:
            if target not in _KINDS:
                self._object(target)

    def _object(self, target: str) -> Object:
        """Return what `deployment/orders-web` means, or `rabbitmq-0`, a pod of a StatefulSet."""
        kind, _, name = target.rpartition("/")
        if not kind:
            kind, name = "statefulset", re.sub(r"-\d+$", "", name)
        if kind not in _KINDS:
            raise NotThere(f"the kind {kind} is unknown")
        return self.overlay.named(_KINDS[kind], name)


def _before_dashes(arguments: list[str]) -> list[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments
