"""What each round or batch costs: statements that are written out, and planned once per connection."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import NotSupportedError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

#: Runs of a statement before its plan is kept: psycopg's own figure, which Django sets aside.
RUNS_BEFORE = 5


def enable(on: BaseDatabaseWrapper) -> None:
    """Have what `execute` runs on an open connection planned once. For a process that runs it all day."""
    on.connection.prepare_threshold = RUNS_BEFORE


def execute(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows.

    Raises OperationalError, for which a new connection is the cure, when a migration has changed what a kept
    plan returns; else what the database raises.
    """
    connection.ensure_connection()
    try:
        # Django's own cursors put the values into the text, of which no plan can be kept.
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    except NotSupportedError as error:
        raise OperationalError(f"a statement was planned before a migration: {error}") from error
