"""What waits in each service: events not yet published, streams behind, dead letters, messages in queues.

Each service counts what is in its own database; the broker's queues are read with the service's credentials.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import amqp

from inspection.event_status import read_event_status
from local_stack.backing.rabbitmq import connect
from local_stack.credentials import Credentials
from local_stack.environment import broker_url
from local_stack.service_commands import Answer
from local_stack.stack import Stack
from local_stack.systems import Service
from shared_events.transport.names import queue_name

_NAMES = ("unpublished", "unsent", "dead_letters", "halted", "skipped", "behind", "relay_away")


def of_services(stack: Stack, secrets: Credentials) -> dict[str, dict[str, Any]]:
    """Return the backlog of each service; what can't be counted is None, and unknown queues are left out.

    `behind` compares each cursor with the head that its publisher's messages have named; `relay_away` is the
    seconds since a relay last held the lease, None while one does.
    """
    answers = read_event_status(stack)
    services = [stack.system.service(name) for name in answers]
    return {
        service.name: {
            **_counts(answers[service.name]),
            "queues": _in_queues(service, broker_url(stack, secrets, service)),
        }
        for service in services
    }


def _counts(answer: Answer) -> dict[str, float | None]:
    if answer.error:
        return dict.fromkeys(_NAMES)
    status, lease = answer.value, answer.value["lease"]
    return {
        "unpublished": status["unpublished_events"],
        "unsent": status["unsent_commands"],
        "dead_letters": status["dead_letters"],
        "halted": status["halted_streams"],
        "skipped": len(status["skipped"]),
        "behind": status["lag_events"],
        "relay_away": None if lease["is_held"] else lease["free_seconds"] or 0.0,
    }


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
