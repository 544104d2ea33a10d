"""RabbitMQ's definitions: the shapes that all services share, and what each service's user may do.

A user may publish on the keys of its own streams, answer into any inbox, ask for the logs it follows, send
its own commands, and read its own queues. What is shared the broker makes at boot, and nobody may delete it.
"""

import base64
import hashlib
import os
import re
from typing import Any

from kombu.transport.native_delayed_delivery import (
    CELERY_DELAYED_DELIVERY_EXCHANGE,
    MAX_LEVEL,
    MAX_NUMBER_OF_BITS_TO_USE,
    declare_native_delayed_delivery_exchanges_and_queues,
    level_name,
)

from local_stack.credentials import Credentials
from local_stack.systems import Service, System
from local_stack.systems.marketplace import MARKETPLACE

DOMAIN_EVENTS, CATCH_UP, REDRIVE_KEY = "domain_events", "catch_up", "redrive"
#: Where a countdown begins, and where it comes out again.
DELAY, DELIVERY = level_name(MAX_LEVEL), CELERY_DELAYED_DELIVERY_EXCHANGE
_NOTHING = "^$"


def definitions(secrets: Credentials, system: System = MARKETPLACE) -> dict[str, Any]:
    """Return RabbitMQ's definitions for a system: its vhost is named like it, its users like its services."""
    users = [user(service.name, secrets[f"{service.name}.broker"]) for service in system.stateful]
    return {
        "vhosts": [{"name": system.name}],
        "users": users,
        "permissions": [
            {"user": one.name, "vhost": system.name, **permissions(one)} for one in system.stateful
        ],
        "topic_permissions": [
            {"user": one.name, "vhost": system.name, "exchange": exchange, "write": write, "read": read}
            for one in system.stateful
            for exchange, (write, read) in topic_permissions(one, system).items()
        ],
        **_shared_shapes(system.name),
    }


def permissions(service: Service) -> dict[str, str]:
    """Return on which exchanges and queues, by name, a service may do what."""
    own = rf"{service.name}\..*"
    shared = f"{DOMAIN_EVENTS}|{CATCH_UP}"
    return {
        "configure": f"^({own})$",
        "write": rf"^({own}|{shared}|{DELAY}|[a-z_]+\.inbox)$",
        "read": f"^({own}|{shared}|{DELIVERY})$",
    }


def topic_permissions(service: Service, system: System) -> dict[str, tuple[str, str]]:
    """Return by which routing keys a service may publish to an exchange, and bind queues to it."""
    own, followed = _any_of(service.publishes), _any_of(service.follows)
    commands = re.escape(f"{service.name}.commands.v1")
    inboxes = {f"{other.name}.inbox": (own, _NOTHING) for other in system.stateful}
    # Its relay asks its own events worker there, by a key that nobody else may use, to try parked events
    # again.
    inboxes[f"{service.name}.inbox"] = (
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
