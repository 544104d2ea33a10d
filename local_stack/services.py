"""The five services, as far as the stack needs to know them."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """A Django project. `stateful` ones have a database, a relay and workers; the frontend has none of them.

    `follows_others` ones hear other services' events, and so have a worker for them.
    """

    name: str
    package: str
    stateful: bool = True
    follows_others: bool = True

    @property
    def database_variable(self) -> str:
        """Return the environment variable that holds the service's database address."""
        return f"{self.name.upper()}_DATABASE_URL"

    def manage(self, *arguments: str) -> tuple[str, ...]:
        """Return the command line of one of the service's management commands."""
        return (sys.executable, "-m", f"{self.package}.manage", *arguments)


SERVICES = (
    Service("auth", "auth_service", follows_others=False),
    Service("tickets", "tickets_service"),
    Service("orders", "orders_service"),
    Service("payments", "payments_service"),
    Service("frontend", "frontend_service", stateful=False, follows_others=False),
)
STATEFUL = tuple(service for service in SERVICES if service.stateful)
