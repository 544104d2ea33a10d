"""The worker: what the parent may ask of any service, and of this one."""

import importlib
import io
import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from marketplace.users.models import UserReplica
from service_defaults.errors import DomainError
from service_defaults.revocation.models import Revocation
from shared_events.ids import uuid7
from shared_events.inbox import consumer, parking, redrive
from shared_events.models import Cursor, OutgoingCommand, ParkedEvent, RelayLease
from shared_events.outbox.relay import Relay, prepare
from shared_events.status import read_status
from tests.model.child.pipe import Clock, Command, Message, Pipe


class Poisoned(Exception):
    """The handler fails because the parent wants it to."""


class FakeBroker:
    """Stands where the broker's publisher stands: what the relay sends goes to the parent."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []

    def publish(self, task: str, kwargs: dict[str, Any], **options: Any) -> None:
        self.events += json.loads(kwargs["events"])

    def command(self, task: str, kwargs: dict[str, Any], **options: Any) -> None:
        self.commands.append({"task": task, "kwargs": kwargs})

    def close(self) -> None:
        """Nothing is held open."""


def work(service: str, clock: Clock) -> None:
    """Answer the parent until it is gone."""
    module = importlib.import_module(f"tests.model.child.{service}")
    commands: dict[str, Command] = {}
    pipe = Pipe(clock, partial(_answer, commands))
    commands |= {
        "migrate": migrate,
        "forget_everything": forget_everything,
        "relay": relay,
        "receive": receive,
        "redrive": redrive_all,
        "replay": replay,
        "snapshot": lambda: module.snapshot() | shared_snapshot(),
        **module.commands(pipe, clock),
        **{f"remove_{name}": remove for name, remove in module.GUARDS.items()},
    }
    pipe.serve()


def _answer(commands: dict[str, Command], message: Message) -> Message:
    try:
        return {"answer": commands[message["do"]](**message["with"])}
    except DomainError as error:
        return {"refused": type(error).__name__}
    except Exception:
        return {"failed": traceback.format_exc()}


def migrate() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)


def forget_everything() -> None:
    """Empty the tables of the domain and of the protocol."""
    ours = [app for app in apps.get_app_configs() if app.name == "shared_events" or _is_ours(app.name)]
    tables = ", ".join(f'"{model._meta.db_table}"' for app in ours for model in app.get_models())
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables}")
    prepare()


def _is_ours(app: str) -> bool:
    return "_service." in app or app.startswith(("marketplace.", "service_defaults."))


def replay(stream: str) -> None:
    """Have this service read a stream again from 1, as an operator would."""
    call_command("events", "replay", stream, "--from=1", stdout=io.StringIO())


def shared_snapshot() -> dict[str, Any]:
    """Return what every service has: what is parked, its copies of users, and whose tokens don't count."""
    users = UserReplica.objects.values("id", "status")
    revoked = Revocation.objects.values("subject", "suspended", "not_before", "version")
    return {
        "parked": parked(),
        "blocked": [
            str(one) for one in ParkedEvent.objects.values_list("aggregate_id", flat=True).distinct()
        ],
        "user_copies": {str(row["id"]): row for row in users},
        "revocations": {str(row["subject"]): row for row in revoked},
    }


def relay() -> dict[str, Any]:
    """Do rounds of the real relay until nothing waits; return the events and commands that it sent."""
    if not read_status().unpublished_events and not OutgoingCommand.objects.exists():
        return {"events": [], "commands": []}
    # The previous holder of the lease was killed; the lease has lapsed meanwhile.
    RelayLease.objects.update(holder=None, expires_at="2000-01-01T00:00:00Z")
    broker = FakeBroker()
    real = Relay(holder=uuid7(), publisher=broker)  # type: ignore[arg-type]
    assert real.lease.hold()
    while real.round():
        real.mark_published()
    return {"events": broker.events, "commands": broker.commands}


def receive(
    stream: str, events: list[dict[str, Any]], previous_id: str | None, poisoned: list[str]
) -> dict[str, Any]:
    """Take a batch as the events worker does; the handlers of the `poisoned` events fail."""
    batch = consumer.batch_from_wire(stream, json.dumps(events), previous_id, events[-1]["position"])
    with _poison(set(poisoned)):
        outcome = consumer.receive(batch)
    return {"outcome": outcome.name, "position": Cursor.objects.get(stream=stream).position}


@contextmanager
def _poison(ids: set[str]) -> Iterator[None]:
    real = consumer.dispatch

    def dispatch(envelopes: Any, wants: Any) -> None:
        envelopes = list(envelopes)
        if ids & {str(envelope.id) for envelope in envelopes}:
            raise Poisoned
        real(envelopes, wants)

    consumer.dispatch = dispatch if ids else real
    try:
        yield
    finally:
        consumer.dispatch = real


def redrive_all() -> int:
    """Try every parked event again, whatever its time; return how many were applied."""
    parking.request_redrive(ParkedEvent.objects.all())
    return redrive.retry_due()


def parked() -> list[str]:
    """Return the errors of the parked events; those that wait behind another one have none."""
    return list(ParkedEvent.objects.order_by("id").values_list("error", flat=True))
