"""A broker and a database server of their own, for documents that change something in them."""

import secrets
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import amqp
import psycopg

from local_stack.backing import rabbitmq
from local_stack.backing.postgres import cluster_of, create_role
from local_stack.credentials import Credentials, credentials_of
from local_stack.environment import admin_database_url, base_environment
from local_stack.stack import Stack
from local_stack.supervisor.launch import plan
from tests.ephemeral_postgres import server, temporary_run_dir

_PATIENCE = 90.0


class Broker:
    """A private RabbitMQ node that has the users of some definitions."""

    def __init__(self, stack: Stack, credentials: Credentials, definitions: str) -> None:
        self._stack = stack
        rabbitmq.write_configuration(stack, credentials)
        self._environment = rabbitmq.node_environment(stack)
        self._mapper = self._start(str(rabbitmq.epmd_program()), "-port", str(stack.ports["epmd"]))
        self.boot(definitions)

    def boot(self, definitions: str) -> None:
        """Start the node, once more if it runs, with the definitions that it finds then."""
        self._stop()
        (rabbitmq.home_of(self._stack) / "definitions.json").write_text(definitions)
        self._node = self._start(str(rabbitmq.server_script()))
        deadline = time.monotonic() + _PATIENCE
        while not self._listens():
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)

    def accepts(self, url: str) -> bool:
        """Whether a client with the user, password and vhost of this address may connect."""
        parts = urlsplit(url)
        here = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{self._port}")
        try:
            rabbitmq.connect(here.geturl()).close()
        except amqp.AccessRefused:
            return False
        return True

    def end(self) -> None:
        """Stop the node and its port mapper."""
        self._stop()
        self._mapper.terminate()
        self._mapper.wait()

    _node: subprocess.Popen[bytes] | None = None

    @property
    def _port(self) -> int:
        return self._stack.ports["rabbitmq"]

    @property
    def _log(self) -> Path:
        return self._stack.run_dir / "rabbitmq.log"

    def _listens(self) -> bool:
        try:
            self.accepts("amqp://unknown:nothing@/marketplace")
        except OSError:
            return False
        return True

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def _stop(self) -> None:
        if self._node is not None:
            self._node.terminate()
            self._node.wait()


@dataclass(frozen=True)
class Servers:
    """Both of them, and a folder with `rabbitmqctl` and `psql` as they would be in their containers."""

    broker: Broker
    programs: Path
    database_port: int

    def accept(self, broker_url: str, database_url: str) -> bool:
        """Whether a process may connect with these addresses; an empty one it doesn't use."""
        if broker_url and not self.broker.accepts(broker_url):
            return False
        return not database_url or self._database_accepts(database_url)

    def set_addresses(self, broker_url: str, database_url: str) -> None:
        """Let the user and the role of these addresses in by the passwords there, and by no other."""
        broker, database = urlsplit(broker_url), urlsplit(database_url)
        self._say(f"{broker.password}\n", "rabbitmqctl", "change_password", str(broker.username))
        self._say(f"ALTER ROLE {database.username} PASSWORD '{database.password}'", "psql")

    def _say(self, text: str, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL)

    def _database_accepts(self, url: str) -> bool:
        parts = urlsplit(url)
        here = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{self.database_port}")
        try:
            psycopg.connect(here.geturl()).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise
            return False
        return True


@contextmanager
def servers(definitions: str, role: str) -> Iterator[Servers]:
    """Run a broker with some definitions, and a database server with a role and a database of its name."""
    with temporary_run_dir() as run_dir:
        stack = plan(run_dir, broker="rabbitmq", any_port=True)
        credentials = credentials_of(run_dir)
        cluster, address = cluster_of(stack, credentials), admin_database_url(stack, credentials)
        with server(stack, credentials, cluster):
            with psycopg.connect(address, autocommit=True) as connection:
                create_role(connection, role, secrets.token_urlsafe())
                connection.execute(f'CREATE DATABASE "{role}" OWNER "{role}"')
            broker = Broker(stack, credentials, definitions)
            try:
                programs = _executables(stack, cluster.binaries, address)
                yield Servers(broker, programs, stack.ports["postgres"])
            finally:
                broker.end()


def _executables(stack: Stack, binaries: Path, address: str) -> Path:
    """Write the two programs. In its container psql needs no password, so here it comes as who needs none."""
    folder, parts, script = stack.run_dir / "programs", urlsplit(address), rabbitmq.server_script()
    assert script
    folder.mkdir()
    node = dict(rabbitmq.node_environment(stack).items() - base_environment().items())
    _write(folder / "rabbitmqctl", node, f'{script.with_name("rabbitmqctl")} "$@"')
    database = {"PGHOST": "127.0.0.1", "PGPORT": str(parts.port), "PGDATABASE": "postgres"}
    password = {"PGPASSWORD": unquote(str(parts.password))}
    _write(folder / "psql", database | password, f'{binaries / "psql"} "$@" --username {parts.username}')
    return folder


def _write(path: Path, environment: Mapping[str, str], command: str) -> None:
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    path.write_text(f"#!/bin/sh\n{exports}exec {command}\n")
    path.chmod(0o755)
