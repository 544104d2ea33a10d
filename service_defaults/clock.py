"""The database's clock, which decides deadlines between processes: their own clocks may disagree."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The database server's present time, aware; not the start of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
