"""The guide on backups does what it says: here its archive of the log, by the drill its dumps.

What it says for a cluster and for compose is held to be the same as what the drill does.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from local_stack.backing.postgres import Cluster, cluster_of, create_cluster, group_of
from local_stack.cli import parser
from local_stack.credentials import credentials_of
from local_stack.environment import base_environment
from local_stack.supervisor.launch import plan
from local_stack.systems.marketplace import MARKETPLACE
from tests.chaos import guide
from tests.documents.reader import Reader
from tests.ephemeral_postgres import temporary_run_dir

ELSEWHERE = ("The same in Kubernetes", "The same with compose")
SECTIONS = (
    *("Archive", "Recover", "Dumps", "Bring it back", "Compare"),
    *ELSEWHERE,
)
MANAGE = re.compile(r"(?:manage_all\.py |deploy/k8s/|^|do |\| )manage (.+?)(?: [<>|].*)?$", re.MULTILINE)


@dataclass
class Server:
    """A Postgres of one's own, whose owner follows the guide."""

    cluster: Cluster
    archive: Path
    reader: Reader

    def follow(self, heading: str) -> None:
        self.reader.follow(f"```sh\n{guide.commands(heading)}\n```\n")

    def type(self, commands: str) -> None:
        self.reader.follow(f"```sh\n{commands}\n```\n")

    def query(self, statement: LiteralString) -> list[Any]:
        url = f"postgres://stack_admin:{self.cluster.admin_password}@127.0.0.1:{self.cluster.port}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return [row[0] for row in cursor] if cursor.description else []


@pytest.fixture
def server() -> Iterator[Server]:
    with temporary_run_dir() as run_dir:
        stack = plan(run_dir, any_port=True)
        cluster = cluster_of(stack, credentials_of(run_dir))
        create_cluster(cluster)
        with (cluster.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"port = {cluster.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
            )
        with (cluster.data / "pg_hba.conf").open("a") as rules:
            rules.write("host replication all 127.0.0.1/32 scram-sha-256\n")  # as initdb's own has it
        archive = cluster.home / "archive"
        archive.mkdir()
        if cluster.user:
            for path in (archive, cluster.home):
                os.chown(path, *_owner(cluster))
        reader = Reader(cluster.home, _environment(cluster, archive), user=cluster.user)
        try:
            reader.follow(
                "```sh\npg_ctl start --pgdata $PGDATA --wait --log $PGDATA/server.log >/dev/null\n```\n"
            )
            yield Server(cluster, archive, reader)
            reader.follow("```sh\npg_ctl stop --pgdata $PGDATA --mode immediate\n```\n")
        finally:
            reader.leave()


def _environment(cluster: Cluster, archive: Path) -> dict[str, str]:
    return {
        **base_environment(),
        "PATH": f"{cluster.binaries}:{os.environ['PATH']}",
        "PGDATA": str(cluster.data),
        "ARCHIVE": str(archive),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(cluster.port),
        "PGUSER": "stack_admin",
        "PGPASSWORD": cluster.admin_password,
    }


def _owner(cluster: Cluster) -> tuple[int, int]:
    stat = cluster.data.stat()
    assert stat.st_gid == group_of(cluster.user)
    return stat.st_uid, stat.st_gid


class TestTheArchive:
    @pytest.mark.timeout(120)
    @pytest.mark.parametrize("disk_is_readable", [True, False])
    def test_brings_back_what_was_written_after_the_base(
        self, server: Server, disk_is_readable: bool
    ) -> None:
        server.follow("Archive")
        server.query("CREATE TABLE kept AS SELECT 1 AS id")
        server.query("SELECT pg_switch_wal()")
        server.type("until ls $ARCHIVE/0* >/dev/null 2>&1; do sleep 0.1; done")
        server.query("INSERT INTO kept VALUES (2)")
        if not disk_is_readable:
            server.type(
                "pg_ctl stop --pgdata $PGDATA --mode immediate; rm -rf $PGDATA/pg_wal\n"
                # The guide's own stop finds nothing that runs.
                'pg_ctl() { [ $1 = stop ] || command pg_ctl "$@"; }'
            )
        server.follow("Recover")
        assert server.query("SELECT id FROM kept ORDER BY id") == ([1, 2] if disk_is_readable else [1])
        assert server.query("SHOW archive_mode") == ["on"]

    @pytest.mark.timeout(120)
    def test_brings_back_the_moment_before_a_mistake(self, server: Server) -> None:
        server.follow("Archive")
        server.query("CREATE TABLE kept AS SELECT 1 AS id")
        [moment] = server.query("SELECT clock_timestamp()::text")
        server.query("SELECT pg_sleep(0.1)")
        server.query("DELETE FROM kept")
        server.query("SELECT pg_switch_wal()")
        steps = guide.commands("Recover").splitlines(keepends=True)
        number = next(
            number for number, line in enumerate(steps) if line.startswith("recovery_target_action")
        )
        steps.insert(number, f"recovery_target_time = '{moment}'\n")
        server.type("".join(steps))
        assert server.query("SELECT id FROM kept") == [1]


class TestTheGuide:
    @pytest.mark.parametrize("heading", SECTIONS)
    def test_has_commands_that_a_shell_can_read(self, heading: str) -> None:
        done = subprocess.run(
            ["bash", "-n"], input=guide.commands(heading), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("heading", ELSEWHERE)
    def test_says_for_other_places_what_the_drill_does(self, heading: str) -> None:
        here = MANAGE.findall(guide.commands("Bring it back") + "\n" + guide.commands("Compare"))
        assert len(here) == 6
        assert MANAGE.findall(guide.commands(heading)) == here

    def test_names_for_each_stream_all_who_follow_it(self) -> None:
        rows = re.findall(r"^\| (\w+) \| (\w+) \| ([\w ]+) \|$", guide.GUIDE.read_text(), re.MULTILINE)
        assert {tuple(row) for row in rows if row[0] != "SERVICE"} == {
            (
                service.name,
                stream,
                " ".join(one.name for one in MARKETPLACE.services if stream in one.follows),
            )
            for service in MARKETPLACE.stateful
            for stream in service.publishes
        }

    @pytest.mark.parametrize("heading", ["Dumps", "Bring it back", "Compare"])
    def test_calls_commands_that_there_are(self, heading: str) -> None:
        for line in re.findall(r"\./manage_all\.py ([^|<>;\n]+)", guide.commands(heading)):
            parser().parse_args(line.replace("$SERVICE", "orders").split())

    def test_has_nothing_to_type_in_a_section_that_is_not_there(self) -> None:
        with pytest.raises(LookupError, match="Bring it forward"):
            guide.commands("Bring it forward")
