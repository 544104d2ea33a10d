"""The table of everything that runs: its command, what it waits for, and its readiness probe."""

import dataclasses
import importlib.util
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from local_stack.backing import broker_probe, dashboard, fake_stripe, gateway, metrics, postgres, rabbitmq
from local_stack.credentials import Credentials
from local_stack.environment import (
    admin_database_url,
    base_environment,
    needs_own_postgres,
    rabbitmq_url,
    service_environment,
)
from local_stack.stack import REPOSITORY, Stack
from local_stack.supervisor import step_cache
from local_stack.supervisor.probes import Alive, Answers, HoldsLease, Listens, Logs, Probe, Works
from local_stack.systems import Service, SetupCommand

PYTHON = sys.executable

#: A little more than the longest thing that each kind of process may have in hand, in seconds.
_DRAINS = {"web": 35.0, "events": 130.0, "commands": 70.0, "relay": 20.0}


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """One process of the stack, or with `oneshot` a step that runs to its end.

    A step is skipped while its `fingerprint`, taken at its turn, is that of the last time it succeeded.
    `after` names processes that must be ready (steps: done) before it starts for the first time.
    """

    name: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    ready: Probe = field(default_factory=Alive)
    environment: Mapping[str, str] = field(default_factory=base_environment)
    address: str = ""
    oneshot: bool = False
    fingerprint: Callable[[], str] | None = None
    prepare: Callable[[], None] | None = None
    user: str | None = None
    directory: Path = REPOSITORY
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    #: What it touches every few seconds while it works.
    heartbeat: Path | None = None
    #: Seconds between two looks at it while all is well.
    look_every: float = 10.0
    #: The port that is opened for it, and handed over as gunicorn takes it: so a successor can have it too.
    port: int | None = None
    #: Seconds that it gets to finish what it has in hand when a successor has taken over; None where two
    #: can't run side by side.
    drain: float | None = None
    #: How a successor is known to be ready, where `ready` could mean its predecessor.
    successor: Probe | None = None
    #: Where a change of a Python file restarts the process in a stack started with `--reload`.
    sources: tuple[Path, ...] = ()


def specs_of(stack: Stack, secrets: Credentials) -> list[ProcessSpec]:
    """Return the processes of a stack, in the order in which they get their turn to start."""
    specs = [
        *_postgres(stack, secrets),
        *_rabbitmq(stack, secrets),
        *_stripe(stack, secrets),
        _gateway(stack),
        *([_dashboard(stack)] if dashboard.is_wanted(stack) else []),
    ]
    services = stack.system.running
    stateful = [service for service in services if service.stateful]
    specs += [spec for service in stateful for spec in _setup(stack, secrets, service, specs)]
    specs += [
        spec for service in services if service.has_web for spec in _web(stack, secrets, service, specs)
    ]
    specs += [spec for service in stateful for spec in _events(stack, secrets, service, specs)]
    return [*specs, *([_seed(stack, secrets, specs)] if stack.system.seed else [])]


def specs_on_demand(stack: Stack, secrets: Credentials, service: Service) -> list[ProcessSpec]:
    """Return the processes of a service that doesn't start with the system, its steps first.

    Their caller has no socket to pass on, so the web process opens its own.
    """
    steps = _setup(stack, secrets, service, [])
    web = [
        dataclasses.replace(spec, command=(*spec.command, "--bind", spec.address))
        for spec in _web(stack, secrets, service, steps)
    ]
    return [*steps, *web, *_events(stack, secrets, service, steps)]


def _present(specs: Iterable[ProcessSpec], *names: str) -> tuple[str, ...]:
    known = {spec.name for spec in specs}
    return tuple(name for name in names if name in known)


def _postgres(stack: Stack, secrets: Credentials) -> list[ProcessSpec]:
    if not needs_own_postgres(stack):
        return []
    cluster = postgres.cluster_of(stack, secrets)
    server = ProcessSpec(
        name="postgres",
        command=cluster.server_command(),
        prepare=partial(postgres.create_cluster, cluster),
        ready=Works(partial(postgres.answers, admin_database_url(stack, secrets))),
        address=f"127.0.0.1:{cluster.port}",
        user=cluster.user,
        directory=cluster.home,
        # "Fast" shutdown; the plain SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
        grace=20,
    )
    databases = ProcessSpec(
        name="databases",
        command=(PYTHON, "-m", "local_stack.backing.databases", str(stack.run_dir)),
        after=("postgres",),
        oneshot=True,
        fingerprint=partial(step_cache.combined, [*secrets.values()], [cluster.data / "PG_VERSION"]),
    )
    return [server, databases]


def _rabbitmq(stack: Stack, secrets: Credentials) -> list[ProcessSpec]:
    script, epmd = rabbitmq.server_script(), rabbitmq.epmd_program()
    if stack.broker != "rabbitmq" or script is None or epmd is None:
        return []
    ports, probing = stack.ports, rabbitmq_url(stack, secrets, rabbitmq.PROBE)
    return [
        ProcessSpec(
            name="epmd",
            command=(epmd, "-port", str(ports["epmd"]), "-address", "127.0.0.1"),
            ready=Listens(ports["epmd"]),
            address=f"127.0.0.1:{ports['epmd']}",
        ),
        ProcessSpec(
            name="rabbitmq",
            command=(str(script),),
            after=("epmd",),
            environment=rabbitmq.node_environment(stack),
            prepare=partial(rabbitmq.write_configuration, stack, secrets),
            ready=Works(partial(broker_probe.problem, probing, rabbitmq.data_of(stack))),
            look_every=5.0,
            address=f"127.0.0.1:{ports['rabbitmq']}",
            grace=20,
        ),
    ]


def _stripe(stack: Stack, secrets: Credentials) -> list[ProcessSpec]:
    if not stack.has_fake_stripe or importlib.util.find_spec("fake_stripe") is None:
        return []
    port = stack.ports["stripe"]
    return [
        ProcessSpec(
            name="stripe",
            command=fake_stripe.command(stack, secrets),
            ready=Listens(port),
            address=f"127.0.0.1:{port}",
        )
    ]


def _gateway(stack: Stack) -> ProcessSpec:
    return ProcessSpec(
        name="gateway",
        command=gateway.command(stack),
        environment=gateway.environment(stack),
        ready=Listens(stack.ports["gateway"]),
        address=stack.url,
    )


def _dashboard(stack: Stack) -> ProcessSpec:
    return ProcessSpec(
        name="dashboard",
        command=dashboard.command(stack),
        environment=dashboard.environment(),
        ready=Listens(stack.ports["dashboard"]),
        address=stack.dashboard_url,
        sources=(REPOSITORY / "inspection" / "dashboard",),
    )


def _setup(
    stack: Stack, secrets: Credentials, service: Service, before: list[ProcessSpec]
) -> list[ProcessSpec]:
    """Return what must be done once per service: migrations, topology, and its own steps."""
    environment = service_environment(stack, secrets, service)
    texts = [stack.broker, *environment.values()]
    folders = [*_source_folders(stack, service), REPOSITORY / "requirements"]
    places = [postgres.cluster_of(stack, secrets).data / "PG_VERSION", *_broker_places(stack)]

    def process(command: SetupCommand) -> ProcessSpec:
        arguments = [text.format(run_dir=stack.run_dir) for text in command.arguments]
        return ProcessSpec(
            name=f"{service.name}.{command.name}",
            command=service.manage(*arguments),
            after=command.after,
            environment=environment,
            oneshot=True,
            fingerprint=partial(step_cache.combined, [*texts, *arguments], places, folders),
        )

    migrated = (f"{service.name}.migrate", *_present(before, "rabbitmq"))
    commands = (
        SetupCommand(
            name="migrate", arguments=("migrate", "--no-input"), after=_present(before, "databases")
        ),
        SetupCommand(name="topology", arguments=("declare_topology",), after=migrated),
        *service.setup_commands,
    )
    return [process(command) for command in commands]


def _source_folders(stack: Stack, service: Service) -> tuple[Path, ...]:
    """Return where the code is that a service's processes run."""
    folders = (service.folder, *stack.system.folders, "shared_events", "service_defaults")
    return tuple(REPOSITORY / folder for folder in folders)


def _broker_places(stack: Stack) -> list[Path]:
    return [stack.run_dir / "broker", rabbitmq.data_of(stack) / rabbitmq.node_name(stack)]


def _web(
    stack: Stack, secrets: Credentials, service: Service, before: list[ProcessSpec]
) -> list[ProcessSpec]:
    port = stack.ports[service.name]
    command = (
        *(PYTHON, "-m", "gunicorn", f"{service.package}.config.wsgi:application"),
        *("--config", "python:service_defaults.gunicorn"),
        *(("--reload",) if stack.reload else ()),
    )
    return [
        ProcessSpec(
            name=f"{service.name}.web",
            command=command,
            after=_present(before, f"{service.name}.migrate", "auth.keys") if service.stateful else (),
            environment=service_environment(stack, secrets, service)
            | metrics.environment(stack, service, "web"),
            ready=Answers(port, "/health/ready"),
            address=f"127.0.0.1:{port}",
            port=port,
            drain=_DRAINS["web"],
            successor=Logs("web ready."),
        )
    ]


def _events(
    stack: Stack, secrets: Credentials, service: Service, before: list[ProcessSpec]
) -> list[ProcessSpec]:
    """Return a service's relay and workers; they wait until every service's queues are declared."""
    topologies = tuple(spec.name for spec in before if spec.name.endswith(".topology"))

    def process(name: str, *arguments: str, ready: Probe) -> ProcessSpec:
        heartbeat = stack.heartbeat_of(f"{service.name}.{name}")
        return ProcessSpec(
            drain=_DRAINS[name],
            successor=Logs(f"{name}@{service.name} ready."),
            name=f"{service.name}.{name}",
            command=service.manage(*arguments, "--heartbeat", str(heartbeat)),
            heartbeat=heartbeat,
            after=(f"{service.name}.migrate", *topologies),
            environment=service_environment(stack, secrets, service)
            | metrics.environment(stack, service, name),
            prepare=partial(metrics.forget, stack, service) if name == "commands" else None,
            ready=ready,
            sources=_source_folders(stack, service),
        )

    lease = stack.lease_file_of(service.name)
    workers = [
        process(role, "worker", role, ready=Logs(f"{role}@{service.name} ready.")) for role in service.workers
    ]
    return [process("relay", "relay", "--lease-file", str(lease), ready=HoldsLease(lease)), *workers]


def _seed(stack: Stack, secrets: Credentials, before: list[ProcessSpec]) -> ProcessSpec:
    cluster = postgres.cluster_of(stack, secrets)
    return ProcessSpec(
        name="seed",
        command=(PYTHON, "-m", stack.system.seed, str(stack.run_dir)),
        after=_present(before, *stack.system.seed_after),
        oneshot=True,
        fingerprint=partial(step_cache.combined, [stack.url], [cluster.data / "PG_VERSION"]),
    )
