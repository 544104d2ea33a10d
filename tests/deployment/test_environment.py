"""Every variable that the code reads is set, and none that it doesn't: in every overlay, and in compose."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from local_stack.systems.marketplace import MARKETPLACE
from tests.deployment.rendering import COMPOSE, COUNTING, ROOT, Composed, Deployed, here, settings_of

#: Read by a management command that a person runs, not by any process.
BY_HAND = {"AUTH_OPERATOR_PASSWORD"}
#: Ends processes at named points, for drills: set in no deployment.
FOR_DRILLS = {"EVENTS_FAILPOINTS"}
#: Read when a process starts to serve its metrics and to send its traces, after its settings.
OF_OBSERVABILITY = {"METRICS_BIND", COUNTING, "OTEL_EXPORTER_OTLP_ENDPOINT"}
_OWNERS = (
    "DJANGO",
    "DEV",
    "EVENTS",
    "WEB",
    "STRIPE",
    "BROKER",
    "METRICS",
    *(service.name.upper() for service in MARKETPLACE.services),
)
_IS_OURS = re.compile(rf"({'|'.join(_OWNERS)})_[A-Z_]+")
PACKAGES = (
    *(f"{service.name}_service" for service in MARKETPLACE.services),
    *("marketplace", "shared_events", "service_defaults"),
)


def read_by(service: str, role: str, environment: Mapping[str, str]) -> set[str]:
    """What a process reads that is started with these variables and nothing else.

    Drills and observability apart.
    """
    names = set(_read_by(service, role, json.dumps(here(environment), sort_keys=True)))
    return names - FOR_DRILLS - OF_OBSERVABILITY


@cache
def _read_by(service: str, role: str, environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.deployment.record_environment", service, role],
        env={**json.loads(environment), "PATH": os.environ["PATH"]},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names: list[str] = json.loads(done.stdout)
    return names


def _modules() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "tests" not in path.parts and path.name != "testing.py"
    ]


def _names_in_the_code() -> set[str]:
    """Every name that is handed to a function as its first argument, or as its `variable`."""
    found = set()
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                given = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "variable")]
                found |= {str(one.value) for one in given if isinstance(one, ast.Constant)}
    return {name for name in found if _IS_OURS.fullmatch(name)} - {"DJANGO_SETTINGS_MODULE"}


class TestTheCode:
    def test_reads_the_environment_through_env_alone(self) -> None:
        """Else what follows would miss a variable."""
        others = []
        for path in _modules():
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Attribute) or node.attr not in {"environ", "getenv"}:
                    continue
                if path != ROOT / "service_defaults" / "env.py":
                    line = path.read_text().splitlines()[node.lineno - 1]
                    # Not a setting of ours: prometheus_client reads it, we only look whether it is there.
                    if ".setdefault(" not in line and f'"{COUNTING}" in os.environ' not in line:
                        others.append(f"{path}: {line}")
        assert others == []


class TestTheReference:
    def test_lists_every_setting_and_no_other(self) -> None:
        tables = re.findall(
            r"^\| (`[^|]*) \|", (ROOT / "docs/reference/settings.md").read_text(), re.MULTILINE
        )
        listed = [name for row in tables for name in re.findall(r"`([A-Z_]+)`", row)]
        assert sorted(listed) == sorted(_names_in_the_code() | OF_OBSERVABILITY)


class TestKubernetes:
    def test_sets_what_each_process_reads_and_nothing_else(self, overlay: Deployed) -> None:
        read: set[str] = set()
        for container in overlay.of_services():
            given = overlay.environment(container)
            valid = _decoded(overlay, given)
            needed = read_by(container.service, container.role, valid)
            assert given.keys() - OF_OBSERVABILITY == needed, container.name
            read |= needed
        assert read == _names_in_the_code() - BY_HAND - FOR_DRILLS - OF_OBSERVABILITY

    def test_refuses_to_start_without_one_of_them(self, overlay: Deployed) -> None:
        """The control: the recorder starts the real settings, which miss what is taken away."""
        container = next(one for one in overlay.of_services() if one.service == "payments")
        values = _decoded(overlay, overlay.environment(container))
        del values["STRIPE_API_KEY"]
        with pytest.raises(AssertionError, match="STRIPE_API_KEY must be set"):
            read_by("payments", "web", values)


def _decoded(overlay: Deployed, values: Mapping[str, str]) -> dict[str, str]:
    """The values as a process sees them: Secrets carry theirs in base64."""
    import base64

    secret = {name for item in overlay.secrets if item["kind"] == "Secret" for name in item["data"]}
    return {
        name: base64.b64decode(value).decode() if name in secret else value for name, value in values.items()
    }


class TestCompose:
    @pytest.mark.parametrize("service", [service.name for service in MARKETPLACE.services])
    def test_sets_what_each_process_reads_and_nothing_else(self, composed: Composed, service: str) -> None:
        processes = composed.of(service)
        assert processes
        for name, process in processes.items():
            role = (process.get("command") or process["entrypoint"])[0]
            given = {key: str(value) for key, value in process["environment"].items()}
            by_hand = BY_HAND if name == "operator" else set()
            assert given.keys() - by_hand - OF_OBSERVABILITY == read_by(service, role, given), name

    def test_has_every_setting_explained_and_no_other(self, composed: Composed) -> None:
        text = (COMPOSE.parent / ".env.example").read_text()
        assert settings_of(text).keys() == composed.used
        for paragraph in text.split("\n\n"):
            lines = paragraph.splitlines()
            if any(not line.startswith("#") for line in lines):
                assert lines[0].startswith("# "), paragraph

    def test_has_every_secret_made(self, composed: Composed) -> None:
        empty = {name for name, value in composed.settings.items() if not value}
        assert empty == {"MAIL_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"}  # only the operator can set them
