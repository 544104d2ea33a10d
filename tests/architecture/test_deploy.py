"""Every service's settings as production has them: clean by Django's checks, not started on bad secrets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_stack.systems import Service
from local_stack.systems.marketplace import MARKETPLACE
from service_defaults.key_files import create_key_files

GOOD = "Ae5kS4fT9-wZ2qLxV7_nB3jR8mY5cH1pD6uG0aEoIiNtQvWrXzKl"
SECRETS = {
    "auth": ("DJANGO_SECRET_KEY", "DJANGO_CLIENT_IP_SIGNING_KEY", "AUTH_DATABASE_URL"),
    "tickets": ("DJANGO_SECRET_KEY", "DJANGO_CLIENT_IP_SIGNING_KEY", "TICKETS_DATABASE_URL"),
    "orders": ("DJANGO_SECRET_KEY", "DJANGO_CLIENT_IP_SIGNING_KEY", "ORDERS_DATABASE_URL"),
    "payments": (
        *("DJANGO_SECRET_KEY", "DJANGO_CLIENT_IP_SIGNING_KEY", "PAYMENTS_DATABASE_URL"),
        *("STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"),
    ),
    "frontend": ("DJANGO_SECRET_KEY", "DJANGO_CLIENT_IP_SIGNING_KEY"),
}
DEFAULTS = {
    "DJANGO_SECRET_KEY": "django-insecure-" + GOOD,
    "DJANGO_CLIENT_IP_SIGNING_KEY": "change-me-" * 6,
    "STRIPE_API_KEY": "sk_test_…",
    "STRIPE_WEBHOOK_SECRET": "whsec_…",
}


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    create_key_files(directory)
    return directory


def _production(service: Service, keys: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SECRET_KEY": GOOD,
        "DJANGO_CLIENT_IP_SIGNING_KEY": GOOD[::-1],
        "DJANGO_PUBLIC_ORIGIN": "https://tickets.example.org",
        "BROKER_URL": f"amqps://{service.name}:{GOOD}@broker.internal:5671/tickets",
        service.database_variable: f"postgres://{service.name}:{GOOD}@db.internal:5432/{service.name}",
        "AUTH_JWKS_FILE": str(keys / "jwks.json"),
        "AUTH_SIGNING_KEY_FILE": str(keys / "signing-key.pem"),
        "STRIPE_API_KEY": "sk_live_" + GOOD,
        "STRIPE_PUBLISHABLE_KEY": "pk_live_" + GOOD,
        "STRIPE_WEBHOOK_SECRET": "whsec_" + GOOD,
        "FRONTEND_API_BASE": "http://gateway.internal",
    }


def _check(service: Service, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = service.manage("check", "--deploy", "--fail-level", "INFO")
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _start(service: Service, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-c", f"import {service.package}.config.settings")
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _cases() -> list[tuple[Service, str]]:
    return [(service, name) for service in MARKETPLACE.services for name in SECRETS[service.name]]


@pytest.mark.parametrize("service", MARKETPLACE.services, ids=lambda service: service.name)
class TestInProduction:
    def test_djangos_own_checks_find_nothing(self, service: Service, keys: Path) -> None:
        done = _check(service, _production(service, keys))
        assert done.returncode == 0, done.stderr
        assert "no issues" in done.stdout


@pytest.mark.parametrize(("service", "name"), _cases(), ids=lambda part: getattr(part, "name", part))
class TestASecret:
    def test_that_is_missing_or_a_default_is_named_and_nothing_starts(
        self, service: Service, name: str, keys: Path
    ) -> None:
        production = _production(service, keys)
        bad = DEFAULTS.get(name, f"postgres://{service.name}:postgres@db.internal:5432/{service.name}")
        for value in ("", bad):
            done = _start(service, production | {name: value})
            message = done.stderr.strip().splitlines()[-1]
            assert done.returncode != 0
            assert message.startswith(f"django.core.exceptions.ImproperlyConfigured: {name} ")
            assert not value or GOOD not in message
