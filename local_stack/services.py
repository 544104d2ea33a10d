"""The systems that a stack can run, and their services, as far as the stack needs to know them."""

import sys
from dataclasses import dataclass
from typing import Any


def queue_name(service: str, name: str) -> str:
    """Return the name of a service's queue on the broker: its shape has a version of its own."""
    return f"{service}.{name}.{'v1' if name == 'commands' else 'v2'}"


@dataclass(frozen=True)
class Service:
    """A Django project. `stateful` ones have a database and a relay; the frontend has neither.

    `publishes` and `follows` name streams. `has_web` ones answer HTTP. Who follows a stream has a worker for
    events; `works_commands` ones have tasks of their own or a log that others read, and a worker for these.
    `on_demand` ones have a port, a database and a user of the broker, but nothing of them runs until somebody
    starts it.
    """

    name: str
    package: str
    stateful: bool = True
    publishes: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    has_web: bool = True
    works_commands: bool = True
    on_demand: bool = False

    @property
    def database_variable(self) -> str:
        """Return the environment variable that holds the service's database address."""
        return f"{self.name.upper()}_DATABASE_URL"

    @property
    def folder(self) -> str:
        """Return where its code is, below the repository's own folder."""
        return self.package.replace(".", "/")

    @property
    def workers(self) -> tuple[str, ...]:
        """Return the roles of its workers."""
        roles = {"events": bool(self.follows), "commands": self.works_commands}
        return tuple(role for role, has in roles.items() if has)

    def manage(self, *arguments: str) -> tuple[str, ...]:
        """Return the command line of one of the service's management commands."""
        return (sys.executable, "-m", f"{self.package}.manage", *arguments)


@dataclass(frozen=True, kw_only=True)
class System:
    """Services that run together, behind one gateway and on one broker.

    `folders` hold code that they share, `caddyfile` says which paths are whose. `demo` is the module that
    plays the system (`python -m <demo> <run directory>`), where that is not `local_stack.demo`.
    """

    name: str
    services: tuple[Service, ...]
    caddyfile: str
    folders: tuple[str, ...] = ()
    demo: str = ""

    def command(self, name: str) -> str:
        """Return how one of our commands is called for this system."""
        return f"./manage_all.py {name}" + (f" --example {self.name}" if self.name in EXAMPLES else "")

    @property
    def running(self) -> tuple[Service, ...]:
        """Return the services that run whenever the system does."""
        return tuple(service for service in self.services if not service.on_demand)

    @property
    def has_marketplace(self) -> bool:
        """Return whether it needs what only a marketplace does: accounts, holds and a bank."""
        return set(MARKETPLACE.services) <= set(self.services)

    @property
    def stateful(self) -> tuple[Service, ...]:
        """Return the services with a database and a user of the broker."""
        return tuple(service for service in self.services if service.stateful)

    @property
    def web(self) -> tuple[Service, ...]:
        """Return the services with a port."""
        return tuple(service for service in self.services if service.has_web)


MARKETPLACE = System(
    name="marketplace",
    services=(
        Service("auth", "auth_service", publishes=("user",)),
        Service("tickets", "tickets_service", publishes=("ticket",), follows=("order", "user")),
        Service("orders", "orders_service", publishes=("order",), follows=("payment", "ticket", "user")),
        Service("payments", "payments_service", publishes=("payment",), follows=("order", "user")),
        Service("frontend", "frontend_service", stateful=False),
    ),
    caddyfile="docker/Caddyfile",
    folders=("contracts",),
)


def _of_blog(name: str, project: str = "", **details: Any) -> Service:
    return Service(name, f"examples.blog.{project or name}_service", **details)


BLOG = System(
    name="blog",
    services=(
        _of_blog("posts", publishes=("post",)),
        _of_blog("comments", publishes=("comment",), follows=("moderation", "post")),
        _of_blog("moderation", publishes=("moderation",), follows=("comment",), has_web=False),
        _of_blog("query", follows=("comment", "post"), works_commands=False),
        # The same project once more: the demo starts it late, to see it read everything from the beginning.
        _of_blog("late_query", "query", follows=("comment", "post"), works_commands=False, on_demand=True),
    ),
    caddyfile="examples/blog/Caddyfile",
    folders=("examples/blog/contracts",),
    demo="examples.blog.demo",
)

#: The marketplace, and two that hear everything that its services tell: one all along, one late.
_ALL_STREAMS = ("order", "payment", "ticket", "user")
DRILL = System(
    name="drill",
    services=(
        *MARKETPLACE.services,
        *(
            Service(
                name,
                "tests.drill.audit_service",
                follows=_ALL_STREAMS,
                has_web=False,
                works_commands=False,
            )
            for name in ("audit", "late_subscriber")
        ),
    ),
    caddyfile=MARKETPLACE.caddyfile,
    folders=MARKETPLACE.folders,
)

#: What `--example` knows.
EXAMPLES = {system.name: system for system in (BLOG,)}
SYSTEMS = {system.name: system for system in (MARKETPLACE, DRILL, *EXAMPLES.values())}

SERVICES = MARKETPLACE.services
STATEFUL = MARKETPLACE.stateful
