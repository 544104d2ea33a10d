"""The database's clock, which decides deadlines between processes, and times given as options of commands."""

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def database_now() -> datetime:
    """Return the database server's present time, aware; not the start of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def moment(text: str) -> datetime:
    """Return the time that `2026-01-31`, `2026-01-31T12:00Z` or an age such as `7d` names.

    For options of commands: raises ArgumentTypeError for anything else.
    """
    if age := re.fullmatch(r"(\d{1,5})([dhm])", text):
        return timezone.now() - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        day = parse_date(text)
        time = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001  below
    except ValueError:
        time = None
    if time is None:
        raise ArgumentTypeError(f"{text!r} is no time: try 2026-01-31, 2026-01-31T12:00Z or 7d")
    return time if timezone.is_aware(time) else timezone.make_aware(time)


def first_id_of(time: datetime) -> UUID:
    """Return the smallest UUIDv7 of that time."""
    return UUID(int=max(int(time.timestamp() * 1000), 0) << 80)


def start_of_day(time: datetime) -> datetime:
    """Return the midnight, in UTC, with which the day of that time began."""
    return time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
