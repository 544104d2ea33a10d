"""`dump` and `restore`: a service's database as a file, by the programs of the stack's own Postgres."""

import contextlib
import subprocess
from collections.abc import Iterator
from typing import IO

import psycopg
from psycopg import sql

from local_stack.backing.postgres import cluster_of, create_databases
from local_stack.console import out
from local_stack.credentials import credentials_of
from local_stack.environment import admin_database_url, base_environment, database_url
from local_stack.stack import Stack
from local_stack.supervisor.pausing import running_parts
from local_stack.systems import Service
from local_stack.user_errors import UserError
from shared_events.errors import describe


class CannotBackUp(UserError):
    """The database can't be dumped or restored here; the message says why. Nothing was changed."""


def dump(stack: Stack, service: Service, file: IO[bytes]) -> None:
    """Write a service's database into a file, as of one moment, whatever goes on. Raises CannotBackUp."""
    _require_own(stack, service)
    if file.isatty():
        raise CannotBackUp(f"A dump is nothing to read: dump {service.name} > {service.name}.dump")
    _run(stack, service, "pg_dump", "--format=custom", stdout=file)


def restore(stack: Stack, service: Service, file: IO[bytes]) -> None:
    """Put a dump in the place of a service's database, which is kept as `<name>_before_restore`.

    The service must be paused. Raises CannotBackUp.
    """
    _require_own(stack, service)
    running = running_parts(stack, service)
    if running:
        raise CannotBackUp(f"{running[0]} runs: first {stack.system.command('pause')} {service.name}")
    name, aside, before = service.name, f"{service.name}_restored", f"{service.name}_before_restore"
    with _administration(stack) as admin:
        _execute(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", aside)
        _execute(admin, "CREATE DATABASE {} OWNER {}", aside, name)
        try:
            _run(stack, service, "pg_restore", "--exit-on-error", "--no-owner", database=aside, stdin=file)
        except CannotBackUp:
            _execute(admin, "DROP DATABASE {} WITH (FORCE)", aside)
            raise
        _execute(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", before)
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        _execute(admin, "ALTER DATABASE {} RENAME TO {}", name, before)
        _execute(admin, "ALTER DATABASE {} RENAME TO {}", aside, name)
    create_databases(stack, credentials_of(stack.run_dir, stack.system))  # who may enter it
    out.print(f"The dump is {name}'s database now; the one before is kept as {before}")


def _require_own(stack: Stack, service: Service) -> None:
    if service.database_variable in stack.overrides:
        raise CannotBackUp(
            f"{service.name}'s database is the one that {service.database_variable} names: use its own tools"
        )


@contextlib.contextmanager
def _administration(stack: Stack) -> Iterator[psycopg.Connection]:
    address = admin_database_url(stack, credentials_of(stack.run_dir, stack.system))
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise CannotBackUp(f"Postgres doesn't do it: {describe(error)}") from error


def _execute(connection: psycopg.Connection, wording: str, *names: str) -> None:
    connection.execute(sql.SQL(wording).format(*(sql.Identifier(name) for name in names)))


def _run(
    stack: Stack,
    service: Service,
    *command: str,
    database: str = "",
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> None:
    """Run one of Postgres's programs on a database, with the service's role. Raises CannotBackUp."""
    secrets = credentials_of(stack.run_dir, stack.system)
    base, _, own = database_url(stack, secrets, service).rpartition("/")
    program, *arguments = command
    done = subprocess.run(
        (cluster_of(stack, secrets).binaries / program, *arguments, f"--dbname={base}/{database or own}"),
        env=base_environment(),
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotBackUp(done.stderr.strip() or f"{program} failed with {done.returncode}")
