"""Whether the guides' commands can be run: by the real parsers, and on the objects that a release makes.

Each kind of command has a check of its own. What has none fails.
"""

import argparse
import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from local_stack.cli import parser as manage_all
from local_stack.systems.marketplace import MARKETPLACE
from tests.deployment.rendering import Composed, Deployed, here
from tests.documents.checker_kubectl import Kubectl
from tests.documents.guides import ROOT
from tests.documents.typed import Typist

#: What does its work on a person's files, and is as it has been for decades.
PLAIN = frozenset({"sed", "cat", "tar", "cp", "mv", "rm", "mkdir", "touch", "sleep", "stty"})
#: Postgres's own programs, whose options their `--help` names.
OF_POSTGRES = frozenset({"psql", "createdb", "dropdb", "pg_dump", "pg_restore", "pg_ctl", "pg_basebackup"})
#: What the guides take from programs that are not on every machine of ours.
ELSEWHERE = {("skaffold", "run"), ("skaffold", "dev"), ("k3d", "cluster"), ("k3d", "image"), ("git", "pull")}
#: Where the guides keep the secrets of a cluster, and what may be found there.
SAFE = "safe/marketplace"
_ROLES = frozenset({"web", "events", "commands", "relay"})


class Wrong(AssertionError):
    """A command can't be run; the message says why."""


class Parser(argparse.ArgumentParser):
    """One that complains instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raise Wrong."""
        raise Wrong(message)


@dataclass
class Checker:
    """What a command may name, and the management commands that were met, by service."""

    overlay: Deployed
    composed: Composed
    #: Who types what is to be typed in a container.
    typist: Typist
    managed: dict[str, list[list[str]]] = field(default_factory=dict)
    #: The commands of RabbitMQ's programs, and of Postgres's.
    of_servers: list[list[str]] = field(default_factory=list)
    kubectl: list[list[str]] = field(default_factory=list)

    def call(self, service: str, module: str, question: object = None) -> Any:
        """Return what a module of ours says, started in the environment of a service."""
        done = subprocess.run(
            [sys.executable, "-m", module, service], input=json.dumps(question), cwd=ROOT,
            env={**here(self.composed.services[f"{service}-web"]["environment"]), "PATH": os.environ["PATH"]},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def answers(self, route: str) -> bool:
        """Whether some service answers to an address, as far as its first variable part goes."""
        return route.rstrip("/") in self._routes

    @cached_property
    def _routes(self) -> set[str]:
        found = [self.call(service.name, "tests.deployment.list_routes") for service in MARKETPLACE.services]
        return {route.rstrip("/") for routes in found for route in routes}

    def check(self, command: Sequence[str]) -> None:
        """Raise Wrong where a command names what isn't there; note what others have to check."""
        program, *arguments = command
        if program in PLAIN:
            return
        checks: Mapping[str, Callable[[list[str]], None]] = {
            "manage_all.py": self._manage_all,
            "python": self._python,
            "kubectl": self._kubectl,
            "docker": self._docker,
            "curl": self._curl,
            "deploy/k8s/release": self._release,
            "deploy/k8s/pause": self._pause,
            "deploy/k8s/resume": self._pause,
            "deploy/k8s/manage": lambda words: self.manage(words[0], words[1:]),
        }
        if program in checks:
            checks[program](arguments)
        elif program in OF_POSTGRES or program.startswith("rabbitmq"):
            self.of_servers.append([program, *arguments])
        elif (program, *arguments[:1]) not in ELSEWHERE:
            raise Wrong(f"there is no check for: {' '.join(command)}")

    def manage(self, service: str, command: list[str]) -> None:
        """Note a management command for the service's own parser."""
        if service not in {one.name for one in MARKETPLACE.services}:
            raise Wrong(f"there is no service {service}")
        self.managed.setdefault(service, []).append(command)

    def _manage_all(self, arguments: list[str]) -> None:
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                options = manage_all().parse_args(arguments)
        except SystemExit:
            raise Wrong(said.getvalue()) from None
        if options.command == "manage":
            self.manage(options.service, options.arguments)
        if options.command == "secrets" and options.directory and SAFE not in str(options.directory):
            raise Wrong(f"{options.directory} is another place for secrets than {SAFE}")

    def _python(self, arguments: list[str]) -> None:
        found = re.fullmatch(r"-m (\w+)_service\.manage", " ".join(arguments[:2]))
        if found is None:
            raise Wrong(f"python {' '.join(arguments)}")
        self.manage(found[1], arguments[2:])

    def _kubectl(self, arguments: list[str]) -> None:
        self.kubectl.append(arguments)
        checked = Kubectl(self.overlay).check(arguments)
        if checked is not None:
            self.inside(checked.service, checked.command)

    def inside(self, service: str, command: list[str]) -> None:
        """Check what is to be run in a container; `service` is whose image it is, where it is ours."""
        if command[:2] == ["sh", "-c"]:
            for inner in self.typist.type(command[2]):
                self.inside(service, inner)
        elif command == ["sh", "/etc/rabbitmq/healthy"]:
            _there("deploy/k8s/base/rabbitmq/healthy")
        elif command[0] == "service-image-run":
            self._service_image_run(service, command[1:])
        else:
            self.check(command)

    def _service_image_run(self, service: str, command: list[str]) -> None:
        if command[0] == "manage":
            self.manage(service, command[1:])
        elif command[0] not in _ROLES:
            self.manage(service, command)
        elif len(command) > 1:
            raise Wrong(f"{command[0]} is a process, which takes no {command[1]}: put `manage` before it")

    def _docker(self, arguments: list[str]) -> None:
        if arguments[0] == "build":
            _docker_build(arguments[1:])
            return
        options = _compose_parser().parse_args(arguments)
        _there(options.file)
        for name in options.services:
            if name not in self.composed.services:
                raise Wrong(f"compose has no service {name}")
        service = self.composed.services[options.services[0]] if options.services else {}
        if options.verb == "exec":
            self.inside("", options.rest)
        if options.verb == "run":
            image = re.sub(r":.*", "", service["image"]).rpartition("/")[2]
            # Without an entrypoint of its own it is the image's, which takes a command of the service.
            entrypoint = service.get("entrypoint", ["/app/run"])
            self.inside(image, ["service-image-run", *entrypoint[1:], *options.rest])

    def _curl(self, arguments: list[str]) -> None:
        for url in (word for word in arguments if word.startswith("http")):
            if not self.answers(urlsplit(url).path):
                raise Wrong(f"no address of a service: {url}")

    def _release(self, arguments: list[str]) -> None:
        if len(arguments) not in {1, 3}:
            raise Wrong(f"release takes an overlay, or also a registry and a tag: {arguments}")
        _there(f"deploy/k8s/overlays/{arguments[0]}/kustomization.yaml")

    def _pause(self, arguments: list[str]) -> None:
        service, *processes = arguments
        for process in processes or ["web"]:
            self.overlay.named("Deployment", f"{service}-{process}")


def _docker_build(arguments: list[str]) -> None:
    parser = Parser()
    parser.add_argument("-f", dest="file", required=True)
    parser.add_argument("--build-arg", dest="values", action="append", default=[])
    parser.add_argument("-t", dest="tag", required=True)
    parser.add_argument("folder", choices=["."])
    options = parser.parse_args(arguments)
    _there(options.file)
    for value in options.values:
        if f"ARG {value.partition('=')[0]}" not in (ROOT / options.file).read_text():
            raise Wrong(f"{options.file} takes no {value}")


def _compose_parser() -> Parser:
    """Return a parser of what the guides use of docker: Docker itself is on few of our machines."""
    parser = Parser()
    kinds = parser.add_subparsers(required=True).add_parser("compose")
    kinds.add_argument("-f", "--file", required=True)
    kinds.add_argument("--profile", choices=["observability"])
    verbs = kinds.add_subparsers(dest="verb", required=True)
    flags = {"up": ("--build", "--detach", "--wait"), "stop": (), "start": ()}
    flags |= {"run": ("--rm", "--no-deps", "-T"), "exec": ("-T",)}
    for verb, known in flags.items():
        one = verbs.add_parser(verb)
        for flag in known:
            one.add_argument(flag, action="store_true")
        one.set_defaults(rest=[])
        one.add_argument("services", nargs=1 if verb in {"run", "exec"} else "*")
        if verb in {"run", "exec"}:
            one.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _there(path: str | Path) -> None:
    if not (ROOT / path).exists():
        raise Wrong(f"there is no {path}")
