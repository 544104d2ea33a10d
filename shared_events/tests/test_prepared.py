from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection

from shared_events.inbox.consumer import ApplyResult, receive
from shared_events.outbox.relay import Relay
from shared_events.outbox.sequencer import prepare_connection
from shared_events.prepared import RUNS_BEFORE
from shared_events.tests.conftest import Published, Write, connect_apart

_PREPARED = "SELECT name, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%%' || %s || '%%'"
#: A column of each table whose rows a prepared statement returns, and its width.
_COLUMNS = [("shared_events_loggedevent", "traceparent", 55), ("shared_events_cursor", "stream", 64)]


def _prepared(fragment: str) -> list[tuple[str, int]]:
    """Return the prepared statements that contain `fragment`, and how often each used a generic plan."""
    with connection.cursor() as cursor:
        cursor.execute(_PREPARED, [fragment])
        return list(cursor.fetchall())


@pytest.fixture(autouse=True)
def _keeping_plans(transactional_db: None) -> Iterator[None]:
    """Keep plans on the test's connection, which ends with the test."""
    prepare_connection()
    yield
    connection.close()


@pytest.fixture
def migrate() -> Iterator[Callable[[], None]]:
    """Return what widens columns from another connection; they are narrow again after the test."""

    def widen(by: int) -> None:
        with connect_apart() as elsewhere:
            for table, column, width in _COLUMNS:
                elsewhere.execute(f"ALTER TABLE {table} ALTER {column} TYPE varchar({width + by})")

    yield lambda: widen(9)
    connection.close()
    widen(0)


def test_a_round_runs_by_a_plan_that_suits_a_log_of_any_length(relay: Relay, write: Write) -> None:
    write()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE shared_events_loggedevent")  # a log so short is best read from end to end
    for _ in range(RUNS_BEFORE + 2):
        write()
        relay.round()
    [(name, runs)] = _prepared("row_number")
    assert runs
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN EXECUTE {name}(4000000, 1, 1000, 8000000, 1, 1)")
        plan = "\n".join(line for (line,) in cursor)
    assert "using event_unsequenced" in plan
    assert "Seq Scan on shared_events_loggedevent" not in plan
    assert "Hash Join" not in plan


def test_a_batch_runs_by_plans_that_are_kept(published: Published) -> None:
    for _ in range(RUNS_BEFORE + 2):
        for batch in published("a"):
            receive(batch)
    for fragment in ("FOR UPDATE", "SET position", "FROM shared_events_parkedevent"):
        assert _prepared(fragment), fragment


def test_a_subscriber_outlives_a_migration(
    published: Published, migrate: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(RUNS_BEFORE + 2):
        for batch in published("a"):
            receive(batch)
    [batch] = published("b")
    migrate()
    assert receive(batch) is ApplyResult.UP_TO_DATE
    assert "failed" not in caplog.text  # no event is to blame


def test_a_migration_makes_a_relay_open_a_new_connection(
    relay: Relay, write: Write, migrate: Callable[[], None]
) -> None:
    for _ in range(RUNS_BEFORE + 2):
        write()
        relay.round()
    write()
    migrate()
    with pytest.raises(OperationalError, match="planned before a migration"):
        relay.round()
    connection.close()
    assert relay.round() == 1
