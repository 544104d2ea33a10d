"""The marketplace with two more subscribers of every stream: one from the beginning, one that joins late."""

import dataclasses
from collections.abc import Mapping

from local_stack.stack import Stack
from local_stack.systems import Service
from local_stack.systems.marketplace import MARKETPLACE
from local_stack.systems.system import Environment, no_environment


def _name(stack: Stack, credentials: Mapping[str, str]) -> dict[str, str]:
    return {"AUDIT_NAME": "late_subscriber"}


def _audit(name: str, environment: Environment = no_environment) -> Service:
    return Service(
        name,
        "tests.chaos.audit_service",
        follows=("order", "payment", "ticket", "user"),
        has_web=False,
        works_commands=False,
        environment=environment,
    )


CHAOS = dataclasses.replace(
    MARKETPLACE,
    name="drill",
    location="tests.chaos.system:CHAOS",
    services=(
        *MARKETPLACE.services,
        _audit("audit"),
        _audit("late_subscriber", environment=_name),
    ),
)
