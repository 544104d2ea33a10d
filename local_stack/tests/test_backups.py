"""A service's database as a file, and the file as the database again."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local_stack.backing import backups
from local_stack.backing.backups import CannotBackUp, dump, restore
from local_stack.backing.postgres import cluster_of, create_databases
from local_stack.credentials import credentials_of
from local_stack.environment import admin_database_url, database_url
from local_stack.stack import Stack
from local_stack.supervisor.launch import plan
from local_stack.systems import Service
from tests.ephemeral_postgres import server, temporary_run_dir


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with temporary_run_dir() as run_dir:
        stack, secrets = plan(run_dir, broker="embedded", any_port=True), credentials_of(run_dir)
        stack.save()
        with server(stack, secrets, cluster_of(stack, secrets)):
            create_databases(stack, secrets)
            yield stack


@pytest.fixture
def orders(stack: Stack) -> Service:
    """A service whose database holds one row."""
    service = stack.system.service("orders")
    run(stack, service, "DROP TABLE IF EXISTS later", "DROP TABLE IF EXISTS kept")
    run(stack, service, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (1)")
    return service


def address(stack: Stack, service: Service, name: str = "") -> str:
    found = database_url(stack, credentials_of(stack.run_dir), service)
    return f"{found.rpartition('/')[0]}/{name}" if name else found


def run(stack: Stack, service: Service, *statements: str) -> None:
    with psycopg.connect(address(stack, service)) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def rows(stack: Stack, service: Service, name: str = "") -> list[int]:
    where = admin_database_url(stack, credentials_of(stack.run_dir)).rpartition("/")[0]
    with psycopg.connect(f"{where}/{name}" if name else address(stack, service)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM kept ORDER BY id")]


def dumped(stack: Stack, service: Service, folder: Path) -> Path:
    path = folder / "orders.dump"
    with path.open("wb") as file:
        dump(stack, service, file)
    return path


def put_back(stack: Stack, service: Service, path: Path) -> None:
    with path.open("rb") as file:
        restore(stack, service, file)


class TestRestore:
    def test_brings_back_what_was_dumped_and_nothing_else(
        self, stack: Stack, orders: Service, tmp_path: Path
    ) -> None:
        file = dumped(stack, orders, tmp_path)
        run(stack, orders, "INSERT INTO kept VALUES (2)", "CREATE TABLE later (id int)")
        put_back(stack, orders, file)
        assert rows(stack, orders) == [1]
        with psycopg.connect(address(stack, orders)) as connection:
            found = connection.execute("SELECT to_regclass('later'), to_regclass('kept')").fetchone()
            assert found == (None, "kept")
        run(stack, orders, "INSERT INTO kept VALUES (3)", "DROP TABLE kept")  # the service's role owns it

    def test_keeps_what_was_there(self, stack: Stack, orders: Service, tmp_path: Path) -> None:
        file = dumped(stack, orders, tmp_path)
        for number in (2, 3):
            run(stack, orders, f"INSERT INTO kept VALUES ({number})")
            put_back(stack, orders, file)
        assert rows(stack, orders, "orders_before_restore") == [1, 3]

    def test_has_no_access_for_other_users(self, stack: Stack, orders: Service, tmp_path: Path) -> None:
        file = dumped(stack, orders, tmp_path)
        put_back(stack, orders, file)
        tickets = stack.system.service("tickets")
        for name in ("orders", "orders_before_restore"):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(address(stack, tickets, name))

    def test_sends_away_who_is_still_connected(self, stack: Stack, orders: Service, tmp_path: Path) -> None:
        file = dumped(stack, orders, tmp_path)
        with psycopg.connect(address(stack, orders)) as idle:
            put_back(stack, orders, file)
            with pytest.raises(psycopg.OperationalError):
                idle.execute("SELECT 1")

    @pytest.mark.parametrize("content", ["", "no dump", "PGDMP"])
    def test_changes_nothing_where_the_file_is_no_dump(
        self, stack: Stack, orders: Service, tmp_path: Path, content: str
    ) -> None:
        file = tmp_path / "orders.dump"
        file.write_text(content)
        with pytest.raises(CannotBackUp):
            put_back(stack, orders, file)
        assert rows(stack, orders) == [1]

    def test_waits_until_the_service_is_paused(
        self, stack: Stack, orders: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = dumped(stack, orders, tmp_path)
        monkeypatch.setattr(backups, "running_parts", lambda stack, service: ["orders.relay"])
        with pytest.raises(CannotBackUp, match=r"orders\.relay runs.*pause orders"):
            put_back(stack, orders, file)

    def test_leaves_a_database_alone_that_is_not_the_stacks(
        self, stack: Stack, orders: Service, tmp_path: Path
    ) -> None:
        elsewhere = dataclasses.replace(stack, overrides={"ORDERS_DATABASE_URL": "postgres://elsewhere/x"})
        file = dumped(stack, orders, tmp_path)
        with pytest.raises(CannotBackUp, match="ORDERS_DATABASE_URL"):
            put_back(elsewhere, orders, file)
        with pytest.raises(CannotBackUp, match="ORDERS_DATABASE_URL"):
            dumped(elsewhere, orders, tmp_path)
