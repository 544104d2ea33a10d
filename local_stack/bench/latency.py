"""How long an event takes from its publisher's commit to its subscriber's, beside a raw round trip."""

import time
from dataclasses import dataclass

import amqp
import psycopg

from local_stack import rabbitmq
from local_stack.drill.truth import WITNESS
from local_stack.testing import RunningStack

RATE, SECONDS = 200, 15
_QUEUE = "witness.raw"

_TELL_ONE = """
    INSERT INTO shared_events_loggedevent (stream, event_id, type, schema_version, aggregate_id, version,
                                           occurred_at, correlation_id, traceparent, data)
    VALUES ('ticket', uuidv7(), 'ticket.created', 1, uuidv7(), 1, now(), 'bench', '', jsonb_build_object(
        'title', %s::text, 'price', '10.00', 'currency', 'USD', 'user_id', uuidv7(), 'order_id', NULL,
        'created_at', '2026-05-01T10:15:00.000000Z'))
"""
# A notification is delivered when its transaction commits: the moment of the effect. Titles are numbers here.
_WATCH = """
    CREATE OR REPLACE FUNCTION tell_of_effect() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('effects', (SELECT max((data->>'title')::int)::text FROM new_rows));
        RETURN NULL;
    END $$;
    DROP TRIGGER IF EXISTS tell_of_effect ON witness_replica;
    CREATE TRIGGER tell_of_effect AFTER INSERT ON witness_replica
        REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION tell_of_effect();
"""
_UNWATCH = "DROP TRIGGER tell_of_effect ON witness_replica"


@dataclass(frozen=True)
class Latencies:
    """The 99th percentiles of one round, in seconds."""

    commit_to_effect: float
    raw_round_trip: float


def latencies(stack: RunningStack) -> Latencies:
    """Measure both for a while, one after the other."""
    return Latencies(_p99(_commit_to_effect(stack)), _p99(_raw(stack)))


def connect(stack: RunningStack) -> amqp.Connection:
    """Connect to the broker as the witness."""
    return rabbitmq.connect(stack.broker_url(WITNESS), confirm_publish=True)


def _commit_to_effect(stack: RunningStack) -> list[float]:
    committed: list[float] = []
    effects: dict[int, float] = {}
    with (
        psycopg.connect(stack.database_url(WITNESS), autocommit=True) as listener,
        psycopg.connect(stack.database_url("tickets"), autocommit=True) as writer,
    ):
        listener.execute(_WATCH)
        listener.execute("LISTEN effects")
        began = time.perf_counter()
        for number in range(RATE * SECONDS):
            writer.execute(_TELL_ONE, [str(number)])
            committed.append(time.perf_counter())
            writer.execute("NOTIFY shared_events")
            pause = began + (number + 1) / RATE - time.perf_counter()
            _hear(listener, effects, max(0.0, pause))
        deadline = time.perf_counter() + 30
        while max(effects, default=-1) < len(committed) - 1 and time.perf_counter() < deadline:
            _hear(listener, effects, 0.5)
        listener.execute(_UNWATCH)
    return _waits(committed, effects)


def _hear(listener: psycopg.Connection, effects: dict[int, float], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while True:
        for note in listener.notifies(timeout=max(0.0, end - time.perf_counter()), stop_after=1):
            effects[int(note.payload)] = time.perf_counter()
        if time.perf_counter() >= end:
            return


def _waits(committed: list[float], effects: dict[int, float]) -> list[float]:
    """Match each commit with the first effect that covers it."""
    waits: list[float] = []
    heard = sorted(effects.items())
    at = 0
    for number, moment in enumerate(committed):
        while heard[at][0] < number:
            at += 1
        waits.append(heard[at][1] - moment)
    return waits


def _raw(stack: RunningStack) -> list[float]:
    """Publish a small message to a quorum queue and wait for the broker's confirm, at the same rate."""
    waits: list[float] = []
    with connect(stack) as connection:
        channel = connection.channel()
        channel.queue_declare(_QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        channel.exchange_declare(_QUEUE, "topic", durable=True, auto_delete=False)
        channel.queue_bind(_QUEUE, _QUEUE, _QUEUE)
        began = time.perf_counter()
        for number in range(RATE * SECONDS):
            sent = time.perf_counter()
            channel.basic_publish_confirm(amqp.Message("x" * 700, delivery_mode=2), _QUEUE, _QUEUE)
            waits.append(time.perf_counter() - sent)
            time.sleep(max(0.0, began + (number + 1) / RATE - time.perf_counter()))
        channel.queue_delete(_QUEUE)
    return waits


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99) - 1]
