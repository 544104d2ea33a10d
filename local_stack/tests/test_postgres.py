"""The private cluster, as the services and their neighbours meet it."""

import itertools
import os
import pwd
from collections.abc import Iterator

import psutil
import psycopg
import pytest

from local_stack.backing import postgres
from local_stack.backing.postgres import CannotCreate, cluster_of, create_cluster, create_databases
from local_stack.credentials import Credentials, credentials_of
from local_stack.environment import admin_database_url, database_url
from local_stack.stack import Stack
from local_stack.supervisor.launch import plan
from local_stack.systems import Service
from local_stack.systems.marketplace import MARKETPLACE
from tests.ephemeral_postgres import server, temporary_run_dir

Server = tuple[Stack, Credentials]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with temporary_run_dir() as run_dir:
        stack, secrets = plan(run_dir, broker="embedded", any_port=True), credentials_of(run_dir)
        with server(stack, secrets, cluster_of(stack, secrets)):
            create_databases(stack, secrets)
            yield stack, secrets


class TestARole:
    @pytest.mark.parametrize("service", MARKETPLACE.stateful, ids=lambda service: service.name)
    def test_owns_its_database_and_little_else(self, running: Server, service: Service) -> None:
        with psycopg.connect(database_url(*running, service)) as connection:
            connection.execute("CREATE TABLE mine (id int)")
            connection.execute("DROP TABLE mine")
            powers = connection.execute(
                "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles "
                "WHERE rolname = current_user"
            ).fetchone()
        assert powers == (False, False, False, False)

    @pytest.mark.parametrize(
        ("service", "other"),
        [(one, other.name) for one, other in itertools.permutations(MARKETPLACE.stateful, 2)]
        + [(one, name) for one in MARKETPLACE.stateful for name in ("postgres", "template1")],
        ids=str,
    )
    def test_cannot_enter_another_database(self, running: Server, service: Service, other: str) -> None:
        address = database_url(*running, service).rpartition("/")[0]
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(f"{address}/{other}")

    def test_needs_its_password(self, running: Server) -> None:
        stack, _ = running
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgres://orders:wrong@127.0.0.1:{stack.ports['postgres']}/orders")


class TestTheServer:
    def test_is_postgres_18_and_syncs_to_disk(self, running: Server) -> None:
        with psycopg.connect(admin_database_url(*running)) as connection:
            found = {
                name: connection.execute(f"SHOW {name}").fetchone()  # type: ignore[call-overload]
                for name in ("server_version_num", "fsync", "password_encryption", "unix_socket_directories")
            }
        assert found["server_version_num"][0].startswith("18")
        assert (found["fsync"], found["password_encryption"]) == (("on",), ("scram-sha-256",))
        assert found["unix_socket_directories"] == ("",)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change its user")
    def test_of_root_runs_as_an_unprivileged_user(self, running: Server) -> None:
        stack, secrets = running
        pid = int((cluster_of(stack, secrets).data / "postmaster.pid").read_text().splitlines()[0])
        assert psutil.Process(pid).uids().effective == pwd.getpwnam("nobody").pw_uid


class TestCreateDatabases:
    def test_may_be_repeated(self, running: Server) -> None:
        create_databases(*running)
        with psycopg.connect(database_url(*running, MARKETPLACE.stateful[0])) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


class TestCreateCluster:
    def test_leaves_nothing_half_done_when_it_fails(self, stack: Stack) -> None:
        secrets = Credentials({**credentials_of(stack.run_dir), "postgres.admin": ""})
        cluster = cluster_of(stack, secrets)
        with pytest.raises(CannotCreate, match="password"):
            create_cluster(cluster)
        assert not cluster.data.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server has another user")
class TestAPlaceThatOnlyRootCanReach:
    def test_is_left_for_one_that_all_can(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        (stack.run_dir / "secret").mkdir(mode=0o700)
        shared = stack.run_dir / "shared"
        monkeypatch.setattr(postgres, "SHARED_STATE", shared)
        real, wheel = postgres._wheel(), stack.run_dir / "secret" / postgres._WHEEL
        wheel.mkdir()
        (wheel / postgres._VERSION_18).symlink_to(real / postgres._VERSION_18)
        libraries = f"{postgres._WHEEL}.libs"
        wheel.with_name(libraries).symlink_to(real.with_name(libraries))
        monkeypatch.setattr(postgres, "_wheel", lambda: wheel)
        hidden = Stack(run_dir=stack.run_dir / "secret", id="hidden", ports=stack.ports)
        cluster = cluster_of(hidden, credentials_of(hidden.run_dir))
        create_cluster(cluster)
        assert cluster.data == shared / "hidden" / "data"
        assert cluster.binaries.is_relative_to(shared)
        assert (cluster.data / "PG_VERSION").read_text() == "18\n"

    def test_is_found_out_behind_a_link(self, stack: Stack) -> None:
        closed, link = stack.run_dir / "closed", stack.run_dir / "link"
        (closed / "programs").mkdir(parents=True)
        link.symlink_to(closed / "programs")
        assert postgres._open_to_others(link)
        closed.chmod(0o700)
        assert not postgres._open_to_others(link)
