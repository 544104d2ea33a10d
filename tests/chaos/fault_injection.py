"""What goes wrong on the way, done on purpose: run with a service's environment, and its name.

`python -m tests.chaos.fault_injection tickets repeat --last 100 --reversed`
"""

import argparse
import json
import os
from collections.abc import Callable
from typing import Any

#: Events in a message that is published again: seldom cut where the relay cut.
_FEW = 7


def main() -> None:
    """Do one kind of fault_injection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service")
    parser.add_argument("kind", choices=sorted(_KINDS))
    parser.add_argument("--last", type=int, default=100, help="how many of the log's last events")
    parser.add_argument("--first", action="store_true", help="the log's first events instead")
    parser.add_argument("--reversed", action="store_true")
    parser.add_argument("--stream", default="", help="the stream that a forged message claims to be of")
    parser.add_argument(
        "--key", default="", help="the routing key of a forged message; own stream if not given"
    )
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--version", type=int, default=1, help="the schema version of a poisoned event")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{options.service}_service.config.settings"
    import django

    django.setup()
    for _ in range(options.times):
        _KINDS[options.kind](options)


def repeat(options: argparse.Namespace) -> None:
    """Publish events of the log again, in messages of a few, in order or not."""
    from shared_events.outbox.sequencer import head_of

    stream = _own_stream()
    start = 0 if options.first else max(0, head_of(stream) - options.last)
    messages = [_message(stream, at, _FEW) for at in range(start, start + options.last, _FEW)]
    for message in reversed(messages) if options.reversed else messages:
        if message["head"]:
            _publish(message, stream)


def forge(options: argparse.Namespace) -> None:
    """Publish an event that claims to be of another stream."""
    from shared_events.outbox.sequencer import head_of

    own = _own_stream()
    message = _message(own, max(0, head_of(own) - 1), 1)
    events = [event | {"stream": options.stream} for event in json.loads(message["events"])]
    _publish({**message, "stream": options.stream, "events": json.dumps(events)}, options.key or own)


def garble(options: argparse.Namespace) -> None:
    """Publish what is no batch, and what isn't even a task."""
    stream = _own_stream()
    _publish({"stream": stream, "events": "nonsense", "previous_id": None, "head": 1}, stream)
    _publish({"stream": stream, "events": '[{"position": "one"}]', "previous_id": None, "head": 1}, stream)
    _publish({"stream": stream, "events": [1], "previous_id": None, "head": 1}, stream)
    from shared_events.transport.app import celery_app
    from shared_events.transport.topology import DOMAIN_EVENTS

    with celery_app().connection_for_write() as connection, connection.Producer() as producer:
        producer.publish(
            b"\xff\x00 not json",
            exchange=DOMAIN_EVENTS.name,
            routing_key=stream,
            content_type="application/json",
            content_encoding="utf-8",
        )


def poison(options: argparse.Namespace) -> None:
    """Record an event that no subscriber can read: of a broken shape, or of a later schema version."""
    from django.utils import timezone

    from shared_events.contracts import published_events
    from shared_events.ids import uuid7
    from shared_events.models import LoggedEvent

    stream = _own_stream()
    wire_type = next(one for one, event in published_events().items() if event.stream() == stream)
    LoggedEvent.objects.create(
        stream=stream,
        event_id=uuid7(),
        type=wire_type,
        schema_version=options.version,
        aggregate_id=uuid7(),
        version=1,
        occurred_at=timezone.now(),
        correlation_id="drill",
        data={"unknown": "field"},
    )


_KINDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "repeat": repeat,
    "forge": forge,
    "garble": garble,
    "poison": poison,
}


def _own_stream() -> str:
    from shared_events.settings import event_settings

    return event_settings().publishes[0]


def _message(stream: str, after: int, size: int) -> dict[str, Any]:
    from shared_events.envelope import dump
    from shared_events.outbox.log_reader import envelopes_after

    previous, batch = envelopes_after(stream, after, size)
    return {
        "stream": stream,
        "events": dump(batch),
        "previous_id": str(previous.id) if previous else None,
        "head": batch[-1].position if batch else 0,
    }


def _publish(message: dict[str, Any], key: str) -> None:
    from shared_events.transport.publisher import DELIVER, Publisher
    from shared_events.transport.topology import DOMAIN_EVENTS

    publisher = Publisher()
    try:
        publisher.publish(DELIVER, message, exchange=DOMAIN_EVENTS, key=key)
    finally:
        publisher.close()


if __name__ == "__main__":
    main()
