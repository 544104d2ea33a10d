"""A private RabbitMQ node beside whatever else runs, with a user and a password for every service."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp

from local_stack.credentials import Credentials
from local_stack.environment import base_environment
from local_stack.stack import Stack, write_private
from local_stack.systems import System
from shared_events.transport.broker_rights import definitions, user

#: Bytes of disk below which the node takes nothing in any more.
DISK_RESERVE = 50_000_000
#: The share of the machine's memory above which it takes nothing in; RabbitMQ's own default.
MEMORY_WATERMARK = "0.4"
#: The user that probes the node, with its exchange and queue; no service may use them.
PROBE = "probe"
PROBE_QUEUE, PROBE_QUEUE_LIMIT = "probe.v1", 10

INSTALL_COMMAND = "sudo apt-get install -y rabbitmq-server"

#: The script of the package itself. The one on PATH of Debian is a wrapper that switches to another user.
_PACKAGE_SCRIPTS = (
    Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),
    Path("/usr/local/opt/rabbitmq/sbin/rabbitmq-server"),
    Path("/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server"),
)


def server_script() -> Path | None:
    """Return RabbitMQ's start script, or None when it isn't installed or has no Erlang to run on."""
    if shutil.which("erl") is None or epmd_program() is None:
        return None
    return next((script for script in _PACKAGE_SCRIPTS if script.exists()), None)


def epmd_program() -> str | None:
    """Return Erlang's port mapper, of which the stack runs its own."""
    return shutil.which("epmd")


def connect(address: str, **options: Any) -> amqp.Connection:
    """Return an open connection to the broker at an `amqp://` address. Raises OSError and amqp.AMQPError."""
    parts = urlsplit(address)
    connection = amqp.Connection(
        parts.netloc.rpartition("@")[2],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        virtual_host=unquote(parts.path[1:]) or "/",
        **options,
    )
    connection.connect()
    return connection


def home_of(stack: Stack) -> Path:
    """Return the node's directory."""
    return stack.run_dir / "rabbitmq"


def data_of(stack: Stack) -> Path:
    """Return where the node keeps its messages, there from its first start on."""
    return home_of(stack) / "data"


def node_name(stack: Stack) -> str:
    """Return the node's name, unlike any other stack's."""
    return f"stack-{stack.id}@localhost"


def node_environment(stack: Stack) -> dict[str, str]:
    """Return what makes the node private: its name, addresses, directories and port mapper."""
    home, ports = home_of(stack), stack.ports
    return base_environment() | {
        "HOME": str(home),
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "RABBITMQ_NODENAME": node_name(stack),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(ports["rabbitmq"]),
        "RABBITMQ_DIST_PORT": str(ports["rabbitmq_nodes"]),
        "RABBITMQ_MNESIA_BASE": str(data_of(stack)),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        # Makes the start script become the server instead of staying its parent.
        "RUNNING_UNDER_SYSTEMD": "1",
    }


def rabbitmqctl(stack: Stack, *arguments: str) -> str:
    """Run rabbitmqctl on the node and return its output. Raises CalledProcessError."""
    script = server_script()
    assert script, "the node runs"
    command = (str(script.with_name("rabbitmqctl")), "--quiet", "--node", node_name(stack), *arguments)
    environment = node_environment(stack)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def write_configuration(stack: Stack, secrets: Credentials) -> None:
    """Write the node's configuration, its cookie and its users; RabbitMQ's default user isn't among them."""
    home = home_of(stack)
    for directory in (data_of(stack), home / "log"):
        directory.mkdir(parents=True, exist_ok=True)
    _write_cookie(home / ".erlang.cookie", secrets["erlang.cookie"])
    (home / "enabled_plugins").write_text("[].\n")
    (home / "rabbitmq.conf").write_text(_configuration(home))
    write_private(home / "definitions.json", json.dumps(definitions_of(stack, secrets), indent=2))


def broker_passwords(system: System, secrets: Credentials) -> dict[str, str]:
    """Return the password of each service's user."""
    return {service.name: secrets[f"{service.name}.broker"] for service in system.stateful}


def definitions_of(stack: Stack, secrets: Credentials) -> dict[str, Any]:
    """Return what every broker of the system has, and what the probe of this node needs."""
    vhost = stack.system.name
    made = definitions(vhost, stack.system.stateful, broker_passwords(stack.system, secrets))
    only_this = {"configure": "^$", "write": f"^{PROBE}$", "read": f"^{re.escape(PROBE_QUEUE)}$"}
    shape = {"vhost": vhost, "durable": True, "auto_delete": False}
    arguments = {"x-queue-type": "quorum", "x-max-length": PROBE_QUEUE_LIMIT}
    added: dict[str, Any] = {
        "users": user(PROBE, secrets["probe.broker"]),
        "permissions": {"user": PROBE, "vhost": vhost, **only_this},
        "exchanges": {"name": PROBE, "type": "fanout", "internal": False, "arguments": {}, **shape},
        "queues": {"name": PROBE_QUEUE, "arguments": arguments, **shape},
        "bindings": {
            "source": PROBE,
            "vhost": vhost,
            "destination": PROBE_QUEUE,
            "destination_type": "queue",
            "routing_key": "",
            "arguments": {},
        },
    }
    return made | {kind: [*made[kind], one] for kind, one in added.items()}


def _configuration(home: Path) -> str:
    lines = (
        f"load_definitions = {home / 'definitions.json'}",
        "log.console = true",
        "log.console.level = info",
        "log.console.use_colors = off",
        "log.connection.level = warning",
        "log.file = false",
        # Sized for a laptop: the write-ahead log of quorum queues takes this much memory, 512 MB by default.
        "raft.wal_max_size_bytes = 33554432",
        f"disk_free_limit.absolute = {DISK_RESERVE}",
    )
    return "\n".join(lines) + "\n"


def _write_cookie(path: Path, cookie: str) -> None:
    # Erlang refuses a cookie that others can read, and a read-only file can't be opened for writing again.
    path.unlink(missing_ok=True)
    write_private(path, cookie)
    path.chmod(0o400)
