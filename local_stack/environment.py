"""What each process finds in its environment: the least that works, and what the user's own has."""

import os
from collections.abc import Mapping
from urllib.parse import quote

from local_stack.credentials import Credentials
from local_stack.stack import Stack
from local_stack.systems import Service, System
from local_stack.systems.marketplace import MARKETPLACE

ADMIN_ROLE = "stack_admin"

_INHERITED = (
    *("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    "PYTHONPYCACHEPREFIX",  # as manage_all.py sets it: out of the source tree
)
_OVERRIDING = ("DJANGO_", "EVENTS_", "STRIPE_", "WEB_", "OTEL_", "BROKER_URL")
# A developer's shell often carries this one; it names one project and would be wrong for the other four.
_NEVER_OVERRIDING = frozenset({"DJANGO_SETTINGS_MODULE"})


def base_environment() -> dict[str, str]:
    """Return what every process needs from the machine, whatever it is."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def overrides_from(environment: Mapping[str, str], system: System = MARKETPLACE) -> dict[str, str]:
    """Return the variables of the user's environment that go before the stack's own values."""
    overriding = (*_OVERRIDING, *(f"{service.name.upper()}_" for service in system.services))
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(overriding) and name not in _NEVER_OVERRIDING
    }


def service_environment(stack: Stack, secrets: Credentials, service: Service) -> dict[str, str]:
    """Return the whole configuration of one service."""
    values = _for_every_service(stack, secrets, service) | _tracing(stack)
    if service.stateful:
        values |= {
            service.database_variable: database_url(stack, secrets, service),
            "BROKER_URL": broker_url(stack, secrets, service),
        }
    if stack.system.environment:
        values |= stack.system.environment(stack, secrets, service)
    values |= service.environment(stack, secrets)
    return base_environment() | values | dict(stack.overrides)


def _for_every_service(stack: Stack, secrets: Credentials, service: Service) -> dict[str, str]:
    return {
        "DJANGO_SECRET_KEY": secrets[f"{service.name}.django"],
        "DJANGO_PUBLIC_ORIGIN": stack.url,
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DJANGO_LOG_FORMAT": "json",  # `logs` shows them as text
        # All clients share one address here: the limit of production would stop a drill.
        "DJANGO_RATE_WRITES": "100000/60",
    }


def _tracing(stack: Stack) -> dict[str, str]:
    """Return where spans go: to the dashboard, unless the user's own variables name an exporter."""
    if not stack.dashboard or any(name.startswith("OTEL_EXPORTER_") for name in stack.overrides):
        return {}
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": stack.dashboard_url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }


def database_url(stack: Stack, secrets: Credentials, service: Service) -> str:
    """Return the address of the service's own database, with its own role."""
    given = stack.overrides.get(service.database_variable)
    password = quote(secrets[f"{service.name}.database"], safe="")
    return given or f"postgres://{service.name}:{password}@127.0.0.1:{stack.ports['postgres']}/{service.name}"


def admin_database_url(stack: Stack, secrets: Credentials) -> str:
    """Return the address by which the stack itself administers its private Postgres."""
    password = quote(secrets["postgres.admin"], safe="")
    return f"postgres://{ADMIN_ROLE}:{password}@127.0.0.1:{stack.ports['postgres']}/postgres"


def broker_url(stack: Stack, secrets: Credentials, service: Service) -> str:
    """Return the broker's address for one service, with its own user."""
    if "BROKER_URL" in stack.overrides:
        return stack.overrides["BROKER_URL"]
    if stack.broker == "embedded":
        return f"filesystem://{stack.run_dir / 'broker'}"
    return rabbitmq_url(stack, secrets, service.name)


def rabbitmq_url(stack: Stack, secrets: Credentials, user: str) -> str:
    """Return the address of the stack's own RabbitMQ node for one of its users."""
    password = quote(secrets[f"{user}.broker"], safe="")
    return f"amqp://{user}:{password}@127.0.0.1:{stack.ports['rabbitmq']}/{stack.system.name}"


def needs_own_postgres(stack: Stack) -> bool:
    """Return whether any service's database is not given from outside."""
    return any(service.database_variable not in stack.overrides for service in stack.system.stateful)
