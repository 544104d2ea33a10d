"""One stack: its directory, its ports and the options it was started with."""

import dataclasses
import hashlib
import json
import os
import pkgutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from local_stack.systems import Service, System
from local_stack.systems.marketplace import MARKETPLACE

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_RUN_DIR = REPOSITORY / ".run"
DEFAULT_GATEWAY_PORT = 8080
DEFAULT_HOLD_SECONDS = 900

BACKING_PORTS = ("postgres", "rabbitmq", "rabbitmq_nodes", "epmd", "dashboard")

#: The longest path that a Unix socket may have everywhere, with some room.
_LONGEST_SOCKET = 90


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What one stack is. Saved in its run directory, so that every later command finds the same one.

    `system_at` is where Python finds what it runs. `broker` is what it runs on: `rabbitmq`, `embedded` or
    `external` (an address from the environment); `wanted_broker` is what the user chose. `broker_note` and
    `address_note` say why it isn't on the broker, or at the address, that one would expect;
    `gave_up_rabbitmq`, that the broker should be RabbitMQ, which did not come up. `overrides` are variables
    of the user's own environment.
    """

    run_dir: Path
    id: str
    ports: Mapping[str, int]
    system_at: str = MARKETPLACE.location
    broker: str = "embedded"
    wanted_broker: str = "auto"
    broker_note: str = ""
    gave_up_rabbitmq: bool = False
    address_note: str = ""
    hold_seconds: int = DEFAULT_HOLD_SECONDS
    reload: bool = False
    dashboard: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    #: A digest of the code it was started from.
    code: str = ""

    @classmethod
    def load(cls, run_dir: Path) -> Self | None:
        """Return the stack that was last started in `run_dir`, or None when there was none."""
        try:
            known: dict[str, Any] = json.loads((run_dir / "stack.json").read_text())
        except FileNotFoundError:
            return None
        names = {item.name for item in dataclasses.fields(cls)} - {"run_dir"}
        return cls(run_dir=run_dir, **{name: known[name] for name in names if name in known})

    def save(self) -> None:
        """Write the stack into its run directory, readable by its owner alone."""
        values = dataclasses.asdict(self) | {"run_dir": str(self.run_dir)}
        write_private(self.run_dir / "stack.json", json.dumps(values, indent=2) + "\n")

    @property
    def system(self) -> System:
        """Return what runs here."""
        found: System = pkgutil.resolve_name(self.system_at)
        return found

    @property
    def url(self) -> str:
        """Return the one origin that visitors see."""
        return url_of(self.ports["gateway"])

    @property
    def dashboard_url(self) -> str:
        """Return where the dashboard is, and takes the services' spans; empty for a stack without it."""
        return f"http://127.0.0.1:{self.ports['dashboard']}" if self.dashboard else ""

    @property
    def broker_problem(self) -> tuple[str, str] | None:
        """Return in words that RabbitMQ should be the broker and isn't, and what to do about it."""
        if not self.gave_up_rabbitmq:
            return None
        logs, up = self.system.command("logs"), self.system.command("up")
        return (
            f"WITHOUT RABBITMQ: everything runs on the embedded broker, since {self.broker_note}",
            f"{logs} rabbitmq says why; {up} --broker rabbitmq tries it again",
        )

    @property
    def has_fake_stripe(self) -> bool:
        """Return whether the fake Stripe takes the payments: no key or address of Stripe was given."""
        return self.system.has_fake_stripe and not {"STRIPE_API_KEY", "STRIPE_API_BASE"} & set(self.overrides)

    @property
    def socket(self) -> Path:
        """Return where the supervisor listens; in a temporary directory when the run directory is deep."""
        direct = self.run_dir / "supervisor.sock"
        if len(str(direct)) <= _LONGEST_SOCKET:
            return direct
        digest = hashlib.sha256(str(self.run_dir).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"local-stack-{digest}" / "supervisor.sock"

    def log_of(self, process: str) -> Path:
        """Return the log file of a process."""
        return self.run_dir / "log" / f"{process}.log"

    def heartbeat_of(self, process: str) -> Path:
        """Return the file by which a worker or a relay shows life."""
        return self.run_dir / "heartbeats" / process

    def lease_file_of(self, service: str) -> Path:
        """Return the file by which a service's relay shows that it holds the lease."""
        return self.run_dir / "heartbeats" / f"{service}.lease"

    def settings_that_differ(self, other: "Stack") -> list[str]:
        """Return, in words, what a restart from `other` to this stack would change."""
        pairs = {
            "broker": (other.wanted_broker, self.wanted_broker),
            "hold": (f"{other.hold_seconds} s", f"{self.hold_seconds} s"),
            "reload": (other.reload, self.reload),
            "dashboard": (other.dashboard, self.dashboard),
            "port": (other.ports["gateway"], self.ports["gateway"]),
        }
        changes = [f"{name} {old} -> {new}" for name, (old, new) in pairs.items() if old != new]
        if dict(other.overrides) != dict(self.overrides):
            changes.append("variables of your environment")
        if other.code != self.code:
            changes.append("the code has changed")
        return changes


def url_of(gateway_port: int) -> str:
    """Return the address at which visitors find a gateway."""
    return f"http://localhost:{gateway_port}"


def port_names(system: System) -> tuple[str, ...]:
    """Return what needs a port in a stack of this system."""
    metrics = (metrics_port(service, process) for service in system.services for process in service.processes)
    return ("gateway", *BACKING_PORTS, *system.ports, *(service.name for service in system.web), *metrics)


def metrics_port(service: Service, process: str) -> str:
    """Return the name of the port at which a process of a service serves its metrics."""
    return f"{service.name}.{process}.metrics"


PORT_NAMES = port_names(MARKETPLACE)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner can read it."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    aside.rename(path)
