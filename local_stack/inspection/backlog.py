"""What waits in each service: events not yet published, streams behind, dead letters, messages in queues.

Everything is asked with the service's own credentials; the supervisor has no way of its own into their data.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqp
import psycopg

from local_stack.backing.postgres import LOOK_SECONDS
from local_stack.backing.rabbitmq import connect
from local_stack.credentials import Credentials
from local_stack.environment import broker_url, database_url
from local_stack.stack import Stack
from local_stack.systems import Service
from shared_events.errors import describe
from shared_events.transport.names import queue_name

# `behind` compares each cursor with the head its publisher was heard to have; `relay_away` is the seconds
# since a relay last held the lease, empty while one does.
_COUNTS = """
    SELECT (SELECT count(*)
            FROM shared_events_loggedevent e LEFT JOIN shared_events_publishedstream p USING (stream)
            WHERE e.position IS NULL OR e.position > coalesce(p.published, 0)) AS unpublished,
           (SELECT count(*) FROM shared_events_outgoingcommand WHERE at IS NULL OR at <= now()) AS unsent,
           (SELECT count(*) FROM shared_events_parkedevent WHERE dead_at IS NOT NULL) AS dead_letters,
           (SELECT count(*) FROM shared_events_cursor WHERE halted_at IS NOT NULL) AS halted,
           (SELECT count(*) FROM shared_events_skippedrange WHERE settled_at IS NULL) AS skipped,
           (SELECT coalesce(sum(greatest(head - position, 0)), 0)::bigint
            FROM shared_events_cursor) AS behind,
           (SELECT extract(epoch FROM clock_timestamp() - expires_at)::float
            FROM shared_events_relaylease
            WHERE holder IS NULL OR expires_at < clock_timestamp()) AS relay_away
"""
_LEASE = "SELECT 1 FROM shared_events_relaylease WHERE holder IS NOT NULL AND expires_at > clock_timestamp()"
_NAMES = ("unpublished", "unsent", "dead_letters", "halted", "skipped", "behind", "relay_away")


def of_services(stack: Stack, secrets: Credentials) -> dict[str, dict[str, Any]]:
    """Return the backlog of each service; what can't be counted is None, and unknown queues are left out."""
    return {
        service.name: {
            **_in_database(database_url(stack, secrets, service)),
            "queues": _in_queues(service, broker_url(stack, secrets, service)),
        }
        for service in stack.system.running
        if service.stateful
    }


def relay_trouble(address: str) -> str | None:
    """Return why no relay is at work on this database, or None when one holds the lease."""
    try:
        with psycopg.connect(address, connect_timeout=LOOK_SECONDS) as connection:
            row = connection.execute(_LEASE).fetchone()
    except psycopg.Error as error:
        return describe(error)
    return None if row else "does not hold the relay's lease yet"


def _in_database(address: str) -> dict[str, float | None]:
    try:
        with psycopg.connect(address, connect_timeout=2) as connection:
            row = connection.execute(_COUNTS).fetchone()
    except psycopg.Error:
        row = None
    return dict(zip(_NAMES, row or [None] * len(_NAMES), strict=True))


def _queues_of(service: Service) -> tuple[str, ...]:
    followed = ("events", "inbox") if service.follows else ()
    return (*followed, "commands", *(("catch_up",) if service.publishes else ()))


def _in_queues(service: Service, address: str) -> dict[str, int]:
    parts = urlsplit(address)
    if parts.scheme == "filesystem":
        folder = Path(parts.path) / "queues"
        found = {name: folder / queue_name(service.name, name) for name in _queues_of(service)}
        return {name: sum(1 for _ in place.glob("*.msg")) for name, place in found.items() if place.is_dir()}
    try:
        return _in_rabbitmq(service, address)
    except (OSError, amqp.AMQPError):
        return {}


def _in_rabbitmq(service: Service, address: str) -> dict[str, int]:
    depths: dict[str, int] = {}
    with connect(address, connect_timeout=2, read_timeout=2) as connection:
        for name in _queues_of(service):
            try:
                depths[name] = (
                    connection.channel()
                    .queue_declare(queue_name(service.name, name), passive=True)
                    .message_count
                )
            except amqp.NotFound:
                continue
    return depths
