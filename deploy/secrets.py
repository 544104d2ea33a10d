"""`secrets`: the passwords and keys of a deployment, made once and kept in files that git ignores.

`secrets compose` fills docker/.env; `secrets kubernetes` writes a directory for kustomize. Running it again
changes nothing that is there.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from local_stack.backing.rabbitmq import broker_passwords
from local_stack.console import out
from local_stack.credentials import Credentials, credentials_of
from local_stack.environment import (
    base_environment,
)
from local_stack.stack import REPOSITORY, write_private
from local_stack.systems import Service
from local_stack.systems.marketplace import FAKE_STRIPE_KEY, FAKE_STRIPE_PUBLISHABLE_KEY, MARKETPLACE
from local_stack.user_errors import UserError
from shared_events.transport.broker_rights import definitions

COMPOSE = REPOSITORY / "docker"
KUBERNETES = REPOSITORY / "deploy" / "k8s" / "overlays" / "local" / "secrets"

_EMPTY = re.compile(r"^([A-Z_]+)=$", re.MULTILINE)
#: Where Stripe's own values come from, when the user has some, and what the fake Stripe takes instead.
_STRIPE = {"STRIPE_API_KEY": FAKE_STRIPE_KEY, "STRIPE_PUBLISHABLE_KEY": FAKE_STRIPE_PUBLISHABLE_KEY}


class KeysNotMade(UserError):
    """The signing key could not be made; the message ends with what was said."""


def make(target: str, directory: Path | None) -> int:
    """Make the secrets of one kind of deployment, say where they are, and return the exit code."""
    if target == "compose":
        written = for_compose(directory or COMPOSE)
    else:
        written = for_kubernetes(directory or KUBERNETES)
    for path in written:
        out.print(str(path), markup=False)
    return 0


def for_compose(directory: Path) -> list[Path]:
    """Write `.env`, from `.env.example` where it isn't there, and RabbitMQ's users; return the files."""
    settings = directory / ".env"
    text = (settings if settings.exists() else COMPOSE / ".env.example").read_text()
    secrets = _kept_in(directory / "secrets")
    made = dict(_compose_values(secrets))
    write_private(settings, _EMPTY.sub(lambda empty: f"{empty[1]}={made.get(empty[1], '')}", text))
    users = _write(directory / "secrets" / "definitions.json", definitions_of(secrets))
    # RabbitMQ reads it as a user of its own. It holds salted hashes, in a directory that is closed to others.
    users.chmod(0o644)
    return [settings, users]


def _compose_values(secrets: Credentials) -> Iterator[tuple[str, str]]:
    yield "STRIPE_WEBHOOK_SECRET", secrets["stripe.webhook"]
    yield "CLIENT_IP_SIGNING_KEY", secrets["client-ip.key"]
    yield "OPERATOR_PASSWORD", secrets["operator.password"]
    yield "GRAFANA_PASSWORD", secrets["grafana.password"]
    for service in MARKETPLACE.services:
        yield f"{service.name.upper()}_SECRET_KEY", secrets[f"{service.name}.django"]
    for service in MARKETPLACE.stateful:
        yield f"{service.name.upper()}_DATABASE_PASSWORD", secrets[f"{service.name}.database"]
        yield f"{service.name.upper()}_BROKER_PASSWORD", secrets[f"{service.name}.broker"]


def for_kubernetes(directory: Path) -> list[Path]:
    """Write a directory that `kubectl apply -k` turns into the Secrets and public keys; return its files."""
    secrets = _kept_in(directory)
    written = [
        _write(directory / f"{service.name}.env", _lines(_environment(secrets, service)))
        for service in MARKETPLACE.services
    ]
    written += [
        _write(directory / f"{service.name}-postgres.env", _lines(_of_postgres(secrets, service)))
        for service in MARKETPLACE.stateful
    ]
    written.append(_write(directory / "definitions.json", definitions_of(secrets)))
    written.append(_write(directory / "cookie", secrets["erlang.cookie"]))
    written += _signing_keys(directory, secrets)
    return [*written, _write(directory / "kustomization.yaml", _kustomization())]


def _environment(secrets: Credentials, service: Service) -> dict[str, str]:
    """Return the secret environment variables of a service's processes."""
    values = {
        "DJANGO_SECRET_KEY": secrets[f"{service.name}.django"],
        "DJANGO_CLIENT_IP_SIGNING_KEY": secrets["client-ip.key"],
    }
    if service.stateful:
        password, broker = secrets[f"{service.name}.database"], secrets[f"{service.name}.broker"]
        database = f"postgres://{service.name}:{password}@{service.name}-postgres:5432/{service.name}"
        values |= {
            service.database_variable: database,
            "BROKER_URL": f"amqp://{service.name}:{broker}@rabbitmq:5672/{MARKETPLACE.name}",
        }
    if service.name == "auth":
        values |= {"AUTH_MAIL_URL": os.environ.get("AUTH_MAIL_URL", "")}
    if service.name == "payments":
        webhook = os.environ.get("STRIPE_WEBHOOK_SECRET") or secrets["stripe.webhook"]
        values |= _stripe("STRIPE_API_KEY", "STRIPE_PUBLISHABLE_KEY") | {"STRIPE_WEBHOOK_SECRET": webhook}
    if service.name == "frontend":
        values |= _stripe("STRIPE_PUBLISHABLE_KEY")
    return values


def _stripe(*names: str) -> dict[str, str]:
    return {name: os.environ.get(name) or _STRIPE[name] for name in names}


def _of_postgres(secrets: Credentials, service: Service) -> dict[str, str]:
    return {
        "POSTGRES_USER": service.name,
        "POSTGRES_DB": service.name,
        "POSTGRES_PASSWORD": secrets[f"{service.name}.database"],
    }


def _signing_keys(directory: Path, secrets: Credentials) -> list[Path]:
    """Let the accounts service make its keys, the way it does everywhere."""
    auth = MARKETPLACE.service("auth")
    with tempfile.TemporaryDirectory() as scratch:
        settings = _environment(secrets, auth) | {
            "DJANGO_PUBLIC_ORIGIN": "http://localhost",
            "BROKER_URL": f"filesystem://{scratch}",
            "AUTH_JWKS_FILE": str(directory / "jwks.json"),
            "AUTH_SIGNING_KEY_FILE": str(directory / "signing-key.pem"),
        }
        done = subprocess.run(
            auth.manage("create_keys", "--directory", str(directory)),
            check=False, env=base_environment() | settings, cwd=REPOSITORY, capture_output=True, text=True,
        )  # fmt: skip
    if done.returncode:
        raise KeysNotMade(f"The signing key could not be made:\n{done.stderr}")
    return [directory / "signing-key.pem", directory / "jwks.json"]


def _kustomization() -> str:
    """Return the Secrets by their plain names: the tree refers to them by these, wherever they come from."""
    lines = [
        "# Made by `./manage_all.py secrets kubernetes`. Keep it where you keep secrets.",
        "apiVersion: kustomize.config.k8s.io/v1beta1",
        "kind: Kustomization",
        "namespace: marketplace",
        "generatorOptions: {disableNameSuffixHash: true}",
        "secretGenerator:",
    ]
    lines += [
        f"  - {{name: {service.name}-environment, envs: [{service.name}.env]}}"
        for service in MARKETPLACE.services
    ]
    lines += [
        f"  - {{name: {service.name}-postgres, envs: [{service.name}-postgres.env]}}"
        for service in MARKETPLACE.stateful
    ]
    lines += [
        "  - {name: signing-key, files: [signing-key.pem]}",
        "  - {name: rabbitmq, files: [definitions.json, cookie]}",
        "configMapGenerator:",
        "  - {name: public-keys, files: [jwks.json]}",
    ]
    return "\n".join(lines) + "\n"


def _kept_in(directory: Path) -> Credentials:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return credentials_of(directory)


def definitions_of(secrets: Credentials) -> str:
    """Return the broker's definitions as the file that it loads at boot."""
    passwords = broker_passwords(MARKETPLACE, secrets)
    made = definitions(MARKETPLACE.name, MARKETPLACE.stateful, passwords)
    return json.dumps(made, indent=2) + "\n"


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _write(path: Path, text: str) -> Path:
    """Write a file that isn't there yet: one that a user has edited stays as it is."""
    if not path.exists():
        write_private(path, text)
    return path
