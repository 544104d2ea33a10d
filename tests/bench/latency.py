"""How long an event takes from its publisher's commit to its subscriber's, beside a raw round trip."""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

import amqp
import psycopg

from local_stack.backing import rabbitmq
from tests.chaos.invariants import AUDIT_CONSUMER
from tests.running_stack import RunningStack

RATE, SECONDS = 200, 15
_QUEUE = "audit.raw"

# The load is made inside the database, so that it takes little from what is measured. Titles are numbers.
_COMMIT_PROCEDURE = """
    CREATE OR REPLACE PROCEDURE commit_tickets(count int, pause interval, OUT commits timestamptz[])
    LANGUAGE plpgsql AS $$
    DECLARE began timestamptz := clock_timestamp();
    BEGIN
        FOR n IN 0 .. count - 1 LOOP
            INSERT INTO shared_events_loggedevent (
                stream, event_id, type, schema_version, aggregate_id, version, occurred_at, correlation_id,
                traceparent, data
            ) VALUES (
                'ticket', uuidv7(), 'ticket.created', 1, uuidv7(), 1, now(), 'bench', '',
                jsonb_build_object(
                    'title', n::text, 'price', '10.00', 'currency', 'USD', 'user_id', uuidv7(),
                    'status', 'available', 'created_at', '2026-05-01T10:15:00.000000Z'
                )
            );
            COMMIT;
            commits[n] := clock_timestamp();
            NOTIFY shared_events;
            COMMIT;
            PERFORM pg_sleep_until(began + (n + 1) * pause);
        END LOOP;
    END $$
"""
# A notification is delivered when its transaction commits: the moment of the effect.
_WATCH = """
    CREATE OR REPLACE FUNCTION notify_of_effect() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('effects', (SELECT max((data->>'title')::int)::text FROM new_rows));
        RETURN NULL;
    END $$;
    DROP TRIGGER IF EXISTS notify_of_effect ON audit_replica;
    CREATE TRIGGER notify_of_effect AFTER INSERT ON audit_replica
        REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION notify_of_effect();
"""
_UNWATCH = "DROP TRIGGER notify_of_effect ON audit_replica"


@dataclass(frozen=True)
class Latencies:
    """The 99th percentiles of one round, in seconds."""

    commit_to_effect: float
    raw_round_trip: float


def latencies(stack: RunningStack) -> Latencies:
    """Measure both for a while, one after the other."""
    return Latencies(_p99(_commit_to_effect(stack)), _p99(_raw(stack)))


def connect(stack: RunningStack) -> amqp.Connection:
    """Connect to the broker as the audit consumer."""
    return rabbitmq.connect(stack.broker_url(AUDIT_CONSUMER), confirm_publish=True)


def _commit_to_effect(stack: RunningStack) -> list[float]:
    commits: list[float] = []
    effects: dict[int, float] = {}
    committer = threading.Thread(target=_commit, args=(stack, commits))
    with psycopg.connect(stack.database_url(AUDIT_CONSUMER), autocommit=True) as listener:
        listener.execute(_WATCH)
        listener.execute("LISTEN effects")
        committer.start()
        while RATE * SECONDS - 1 not in effects:
            # One packet may bring several.
            notes = list(listener.notifies(timeout=30, stop_after=1))
            if not notes:
                raise TimeoutError("the events' effects have not arrived within 30 s")
            effects |= {int(note.payload): time.time() for note in notes}
        listener.execute(_UNWATCH)
    committer.join()
    return _waits(commits, effects)


def _commit(stack: RunningStack, commits: list[float]) -> None:
    """Commit events at the rate, one by one, and note when each had been committed."""
    with psycopg.connect(stack.database_url("tickets"), autocommit=True) as connection:
        connection.execute(_COMMIT_PROCEDURE)
        call = connection.execute(
            "CALL commit_tickets(%s, %s, NULL)", [RATE * SECONDS, timedelta(seconds=1 / RATE)]
        )
        [[moments]] = call.fetchall()
        commits.extend(moment.timestamp() for moment in moments)
        connection.execute("DROP PROCEDURE commit_tickets")


def _waits(commits: list[float], effects: dict[int, float]) -> list[float]:
    """Match each commit with the first effect that covers it."""
    waits: list[float] = []
    covered = sorted(effects.items())
    at = 0
    for number, moment in enumerate(commits):
        while covered[at][0] < number:
            at += 1
        waits.append(covered[at][1] - moment)
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
