"""What the stack needs to know of a system and of its services."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_stack.stack import Stack

#: Makes variables out of a stack and its credentials.
Environment = Callable[["Stack", Mapping[str, str]], dict[str, str]]


def no_environment(stack: "Stack", credentials: Mapping[str, str]) -> dict[str, str]:
    """Return nothing, for services without variables of their own."""
    return {}


@dataclass(frozen=True, kw_only=True)
class SetupCommand:
    """A management command that a service needs once, before it starts; again when its code changes.

    In `arguments`, `{run_dir}` stands for the stack's directory. `after` names what must be done before.
    """

    name: str
    arguments: tuple[str, ...]
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A Django project. `stateful` ones have a database and a relay; the frontend has neither.

    `publishes` and `follows` name streams. `has_web` ones answer HTTP. Who follows a stream has a worker for
    events; `works_commands` ones have tasks of their own or a log that others read, and a worker for these.
    `on_demand` ones have a port, a database and a user of the broker, but nothing of them runs until it is
    started. `setup_commands` follow its migrations; `environment` gives the variables that it alone has.
    """

    name: str
    package: str
    stateful: bool = True
    publishes: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    has_web: bool = True
    works_commands: bool = True
    on_demand: bool = False
    setup_commands: tuple[SetupCommand, ...] = ()
    environment: Environment = no_environment

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

    @property
    def processes(self) -> tuple[str, ...]:
        """Return the names of its processes: its web process, its relay and its workers."""
        has = {"web": self.has_web, "relay": self.stateful}
        return (*(name for name, there in has.items() if there), *(self.workers if self.stateful else ()))

    def manage(self, *arguments: str) -> tuple[str, ...]:
        """Return the command line of one of the service's management commands."""
        return (sys.executable, "-m", f"{self.package}.manage", *arguments)


@dataclass(frozen=True, kw_only=True)
class System:
    """Services that run together, behind one gateway and on one broker.

    `location` is where Python finds it (`module:NAME`): a saved stack names its system so. `folders` hold
    code that the services share, `caddyfile` says which paths are whose. `demo` is a module with
    `demo(stack)`, and maybe `loop(stack, rounds=…)`; both return an exit code. `load` is a module with
    `under_load(stack)`, for `restart --under-load`. `seed` is run (`python -m <seed> <run directory>`) once
    all of `seed_after` runs. `users` are the demo users' addresses by role: each has a password
    `<role>.password`. `credentials` and `ports` name what is made for it besides every service's own;
    `environment` is for all of its services.
    """

    name: str
    location: str
    services: tuple[Service, ...]
    caddyfile: str
    demo: str
    folders: tuple[str, ...] = ()
    load: str = ""
    seed: str = ""
    seed_after: tuple[str, ...] = ()
    users: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    environment: Callable[["Stack", Mapping[str, str], Service], dict[str, str]] | None = None
    is_example: bool = False

    def command(self, name: str) -> str:
        """Return how one of our commands is called for this system."""
        return f"./manage_all.py {name}" + (f" --example {self.name}" if self.is_example else "")

    @property
    def has_fake_stripe(self) -> bool:
        """Return whether it takes payments, by the fake Stripe unless a real one is configured."""
        return "stripe" in self.ports

    @property
    def running(self) -> tuple[Service, ...]:
        """Return the services that run whenever the system does."""
        return tuple(service for service in self.services if not service.on_demand)

    @property
    def stateful(self) -> tuple[Service, ...]:
        """Return the services with a database and a user of the broker."""
        return tuple(service for service in self.services if service.stateful)

    @property
    def web(self) -> tuple[Service, ...]:
        """Return the services with a port."""
        return tuple(service for service in self.services if service.has_web)

    @property
    def publishers(self) -> tuple[Service, ...]:
        """Return the running services that publish events."""
        return tuple(service for service in self.running if service.publishes)

    @property
    def subscribers(self) -> tuple[Service, ...]:
        """Return the running services that follow others' streams."""
        return tuple(service for service in self.running if service.follows)

    def publisher_of(self, stream: str) -> Service | None:
        """Return the service that publishes a stream."""
        return next((service for service in self.publishers if stream in service.publishes), None)

    def service(self, name: str) -> Service:
        """Return one of the services. Raises KeyError."""
        return {service.name: service for service in self.services}[name]
