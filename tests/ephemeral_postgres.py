"""A Postgres for one run of the tests: private, without fsync, gone afterwards."""

import contextlib
import dataclasses
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg

from local_stack.backing.postgres import Cluster, answers, cluster_of, create_cluster, create_role, group_of
from local_stack.credentials import Credentials, credentials_of
from local_stack.environment import admin_database_url
from local_stack.stack import Stack
from local_stack.supervisor import activity
from local_stack.supervisor.activity import Activity
from local_stack.supervisor.launch import plan
from local_stack.supervisor.logs import tail
from local_stack.supervisor.processes import dies_with_parent
from local_stack.supervisor.waiting import after

_LINES = 25


class NoServer(Exception):
    """The server has ended, or does not get on; the message shows its log."""


@contextlib.contextmanager
def temporary_run_dir() -> Iterator[Path]:
    """Yield a run directory that the database's user can pass through; it is deleted afterwards."""
    run_dir = Path(tempfile.mkdtemp(prefix="stack-"))
    run_dir.chmod(0o711)
    try:
        yield run_dir
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


@contextlib.contextmanager
def ephemeral_databases(roles: Sequence[str]) -> Iterator[dict[str, str]]:
    """Run a server and yield one address per role; each may create databases, as pytest-django does."""
    with temporary_run_dir() as run_dir:
        stack = dataclasses.replace(plan(run_dir, any_port=True), id=secrets.token_hex(4))
        credentials = credentials_of(run_dir)
        cluster = dataclasses.replace(cluster_of(stack, credentials), durable=False)
        with server(stack, credentials, cluster):
            yield _make_roles(stack, credentials, roles)


@contextlib.contextmanager
def server(stack: Stack, credentials: Credentials, cluster: Cluster) -> Iterator[None]:
    """Run a cluster's server, without a supervisor; its data is deleted afterwards. Raises NoServer."""
    create_cluster(cluster)
    with (stack.run_dir / "postgres.log").open("ab") as log:
        process = subprocess.Popen(
            cluster.server_command(),
            cwd=cluster.home,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGINT),  # noqa: PLW1509 (see there)
            user=cluster.user,
            group=group_of(cluster.user),
            extra_groups=[] if cluster.user else None,
        )
    try:
        _wait(process, admin_database_url(stack, credentials), stack.run_dir / "postgres.log")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        shutil.rmtree(cluster.home, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Wait until the server answers, for as long as it makes progress. Raises NoServer."""
    signs, began = Activity(process.pid, log), time.monotonic()
    while (trouble := answers(address)) is not None:
        if process.poll() is not None:
            raise NoServer(f"Postgres ended with code {process.returncode}:\n{tail(log, _LINES)}")
        idle = signs.idle_seconds()
        if idle > activity.STALLED_AFTER:
            spent = after(time.monotonic() - began, idle)
            raise NoServer(f"Postgres is not ready {spent}: {trouble}\n{tail(log, _LINES)}")
        time.sleep(0.1)


def _make_roles(stack: Stack, credentials: Credentials, roles: Sequence[str]) -> dict[str, str]:
    addresses: dict[str, str] = {}
    with psycopg.connect(admin_database_url(stack, credentials), autocommit=True) as connection:
        for role in roles:
            password = secrets.token_urlsafe(16)
            create_role(connection, role, password, may_create_databases=True)
            connection.execute(f'CREATE DATABASE "{role}" OWNER "{role}"')
            addresses[role] = f"postgres://{role}:{password}@127.0.0.1:{stack.ports['postgres']}/{role}"
    return addresses
