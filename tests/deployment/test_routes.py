"""One origin, two gateways: the Ingress sends an address where the Caddyfile does, and is answered there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from tests.deployment.rendering import CADDYFILE, ROOT, Deployed, here
from tests.deployment.test_environment import _decoded


def _ingress(overlay: Deployed) -> dict[str, str]:
    """Which service gets which prefix."""
    (ingress,) = overlay.of_kind("Ingress")
    (rule,) = ingress["spec"]["rules"]
    assert {path["pathType"] for path in rule["http"]["paths"]} == {"Prefix"}
    return {
        path["path"]: path["backend"]["service"]["name"].removesuffix("-web")
        for path in rule["http"]["paths"]
    }


def _sent_to(routes: Mapping[str, str], address: str) -> str:
    """Where an Ingress with these prefixes sends an address: the longest prefix, by whole segments."""
    fitting = [prefix for prefix in routes if prefix in {"/", address} or address.startswith(f"{prefix}/")]
    return routes[max(fitting, key=len)]


def _caddy() -> dict[str, str]:
    """Which service gets which address by the Caddyfile; the frontend what it answers itself."""
    text = CADDYFILE.read_text()
    matchers = dict(re.findall(r"^\t@(\w+) path (.+)$", text, re.MULTILINE))
    handled = dict(re.findall(r"handle @(\w+) \{\n\t\timport to \{\$(\w+)_UPSTREAM\}", text))
    assert {"auth", "tickets", "orders", "payments", "docs"} <= handled.keys()
    return {
        address.removesuffix("*"): handled.get(name, "FRONTEND").lower()
        for name, addresses in matchers.items()
        for address in addresses.split()
    }


@cache
def _routes(service: str, environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.deployment.list_routes", service],
        env={**json.loads(environment), "PATH": os.environ["PATH"]},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def _answered(overlay: Deployed, service: str) -> list[str]:
    container = next(
        one
        for one in overlay.of_services()
        if (one.service, one.role) == (service, "web") and not one.is_init
    )
    return _routes(
        service, json.dumps(here(_decoded(overlay, overlay.environment(container))), sort_keys=True)
    )


class TestTheIngress:
    def test_has_no_route_without_a_service(self, overlay: Deployed) -> None:
        for prefix, service in _ingress(overlay).items():
            answered = _answered(overlay, service)
            assert [one for one in answered if f"{one.rstrip('/')}/".startswith(prefix)], prefix

    def test_has_a_route_for_everything_that_is_meant_for_visitors(self, overlay: Deployed) -> None:
        routes = _ingress(overlay)
        for service in set(routes.values()):
            visible = [one for one in _answered(overlay, service) if not one.startswith("/health")]
            assert {one for one in visible if _sent_to(routes, one) != service} == set()

    def test_sends_every_address_where_the_gateway_of_the_local_stack_does(self, overlay: Deployed) -> None:
        routes = _ingress(overlay)
        gateway = _caddy()
        assert {one for one, service in gateway.items() if _sent_to(routes, one) != service} == set()

    def test_has_nothing_that_only_one_controller_understands(self, overlay: Deployed) -> None:
        (ingress,) = overlay.of_kind("Ingress")
        assert ingress["metadata"].get("annotations", {}) == {}

    def test_has_tls_for_the_public_host_where_visitors_come_from_outside(
        self, everything: dict[str, Deployed]
    ) -> None:
        (ingress,) = everything["production"].of_kind("Ingress")
        origin = everything["production"].named("ConfigMap", _config_name(everything["production"]))["data"]
        host = origin["DJANGO_PUBLIC_ORIGIN"].removeprefix("https://")
        assert ingress["spec"]["tls"] == [{"hosts": [host], "secretName": "marketplace-tls"}]
        assert [rule["host"] for rule in ingress["spec"]["rules"]] == [host]


def _config_name(overlay: Deployed) -> str:
    return next(
        str(item["metadata"]["name"])
        for item in overlay.of_kind("ConfigMap")
        if "DJANGO_PUBLIC_ORIGIN" in item["data"]
    )


class TestSkaffold:
    def test_names_dockerfiles_and_overlays_that_are_there(self) -> None:
        config = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
        for artifact in config["build"]["artifacts"]:
            assert (ROOT / artifact["docker"]["dockerfile"]).exists()
            for sync in artifact.get("sync", {}).get("manual", []):
                assert (ROOT / sync["src"].partition("/")[0]).is_dir(), sync["src"]
        for path in config["manifests"]["kustomize"]["paths"]:
            assert (ROOT / path / "kustomization.yaml").exists()

    def test_builds_every_image_that_the_development_overlay_runs(self, tree: Path) -> None:
        from tests.deployment.rendering import render

        config = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
        built = {artifact["image"] for artifact in config["build"]["artifacts"]}
        run = {
            container["image"].partition(":")[0]
            for item in render(tree / "overlays" / "development")
            if item["kind"] in {"Deployment", "Job"}
            for container in item["spec"]["template"]["spec"]["containers"]
        }
        assert built == run
