"""RabbitMQ's definitions: the shapes that all services share, and what each service's user may do.

A user may publish on the keys of its own streams, answer into any inbox, ask for the logs it follows, send
its own commands, and read its own queues. The broker makes what is shared at boot, and no user may delete it.
"""

import base64
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kombu.transport.native_delayed_delivery import (
    CELERY_DELAYED_DELIVERY_EXCHANGE,
    MAX_LEVEL,
    MAX_NUMBER_OF_BITS_TO_USE,
    declare_native_delayed_delivery_exchanges_and_queues,
    level_name,
)

from shared_events.transport.names import CATCH_UP, DOMAIN_EVENTS, REDRIVE_KEY, inbox_name, queue_name

#: Where a countdown begins, and where it comes out again.
DELAY, DELIVERY = level_name(MAX_LEVEL), CELERY_DELAYED_DELIVERY_EXCHANGE
_NOTHING = "^$"


class Participant(Protocol):
    """A service on the broker: its name, and the streams that it publishes and follows."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def publishes(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def follows(self) -> tuple[str, ...]: ...  # noqa: D102


def definitions(
    vhost: str, participants: Sequence[Participant], passwords: Mapping[str, str]
) -> dict[str, Any]:
    """Return RabbitMQ's definitions: a user for each participant, named like it, with its password."""
    return {
        "vhosts": [{"name": vhost}],
        "users": [user(one.name, passwords[one.name]) for one in participants],
        "permissions": [{"user": one.name, "vhost": vhost, **permissions(one.name)} for one in participants],
        "topic_permissions": [
            {"user": one.name, "vhost": vhost, "exchange": exchange, "write": write, "read": read}
            for one in participants
            for exchange, (write, read) in topic_permissions(one, participants).items()
        ],
        **_shared_shapes(vhost),
    }


def permissions(service: str) -> dict[str, str]:
    """Return on which exchanges and queues, by name, a service may do what."""
    own = rf"{service}\..*"
    shared = f"{DOMAIN_EVENTS}|{CATCH_UP}"
    return {
        "configure": f"^({own})$",
        "write": rf"^({own}|{shared}|{DELAY}|[a-z_]+\.inbox)$",
        "read": f"^({own}|{shared}|{DELIVERY})$",
    }


def topic_permissions(
    service: Participant, participants: Sequence[Participant]
) -> dict[str, tuple[str, str]]:
    """Return by which routing keys a service may publish to an exchange, and bind queues to it."""
    own, followed = _any_of(service.publishes), _any_of(service.follows)
    commands = re.escape(queue_name(service.name, "commands"))
    inboxes = {inbox_name(other.name): (own, _NOTHING) for other in participants}
    # There its relay has its own events worker try parked events again, by a key that no other user may use.
    inboxes[inbox_name(service.name)] = (
        _any_of((*service.publishes, REDRIVE_KEY)),
        _any_of((*service.follows, REDRIVE_KEY)),
    )
    return {
        DOMAIN_EVENTS: (own, followed),
        CATCH_UP: (followed, own),
        f"{service.name}.commands": (f"^{commands}$", rf"^(#\.)?{commands}$"),
        DELAY: (rf"^([01]\.){{{MAX_NUMBER_OF_BITS_TO_USE}}}{commands}$", _NOTHING),
        DELIVERY: (_NOTHING, rf"^#\.{commands}$"),
        **inboxes,
    }


def hash_password(password: str) -> str:
    """Return RabbitMQ's salted SHA-256 of a password, as definitions carry it."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _any_of(streams: tuple[str, ...]) -> str:
    return f"^({'|'.join(streams)})$" if streams else _NOTHING


def user(name: str, password: str) -> dict[str, str]:
    """Return a user without any rights."""
    return {
        "name": name,
        "password_hash": hash_password(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }


def _shared_shapes(vhost: str) -> dict[str, list[dict[str, Any]]]:
    recorder = _Recorder(vhost)
    declare_native_delayed_delivery_exchanges_and_queues(recorder, "quorum")
    for name in (DOMAIN_EVENTS, CATCH_UP):
        recorder.exchange_declare(exchange=name)
    return {"exchanges": recorder.exchanges, "queues": recorder.queues, "bindings": recorder.bindings}


class _Recorder:
    """Stands where kombu expects a connection and its channel; what is declared becomes definitions."""

    def __init__(self, vhost: str) -> None:
        self._vhost = vhost
        self.exchanges: list[dict[str, Any]] = []
        self.queues: list[dict[str, Any]] = []
        self.bindings: list[dict[str, Any]] = []
        self.no_ack_consumers: set[str] = set()

    def channel(self) -> "_Recorder":
        return self

    def prepare_queue_arguments(self, arguments: dict[str, Any], **_: Any) -> dict[str, Any]:
        return arguments

    def exchange_declare(self, *, exchange: str, **_: Any) -> None:
        durable = {"durable": True, "auto_delete": False, "internal": False, "arguments": {}}
        self.exchanges.append({"name": exchange, "vhost": self._vhost, "type": "topic", **durable})

    def queue_declare(self, *, queue: str, arguments: dict[str, Any], **_: Any) -> tuple[str, int, int]:
        shape = {"durable": True, "auto_delete": False, "arguments": arguments}
        self.queues.append({"name": queue, "vhost": self._vhost, **shape})
        return queue, 0, 0

    def queue_bind(self, *, queue: str, exchange: str, routing_key: str, **_: Any) -> None:
        self._bind(exchange, queue, "queue", routing_key)

    def exchange_bind(self, *, destination: str, source: str, routing_key: str, **_: Any) -> None:
        self._bind(source, destination, "exchange", routing_key)

    def _bind(self, source: str, destination: str, kind: str, key: str) -> None:
        # kombu also binds each delay queue to the default exchange, which every queue is bound to anyway.
        if source:
            self.bindings.append(
                {
                    "source": source,
                    "vhost": self._vhost,
                    "destination": destination,
                    "destination_type": kind,
                    "routing_key": key,
                    "arguments": {},
                }
            )
