"""`bench events`: what an event costs from the publisher's log to a subscriber's row, and what else costs."""

import argparse
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import amqp
import psycopg

from local_stack.backing import rabbitmq
from local_stack.console import out
from local_stack.stack import REPOSITORY
from tests.bench.latency import connect, latencies
from tests.chaos.invariants import AUDIT_CONSUMER
from tests.chaos.system import CHAOS
from tests.running_stack import RunningStack, running_stack, wait_for

#: At most so much of plain Celery's time, of a raw round trip's p99, and of the cost with a short log.
SHARE_OF_CELERY, TIMES_RAW, TIMES_SHORT_LOG = 1 / 3, 4.0, 1.25
LONG_LOG, SHORT_LOG, ROUND = 1_000_000, 10_000, 20_000
NEEDED = {
    *("postgres", "epmd", "rabbitmq"),
    *("tickets.relay", "tickets.commands", "audit.relay", "audit.events"),
}
_PATIENCE = 600.0

_COMMIT_EVENTS = """
    INSERT INTO shared_events_loggedevent (stream, event_id, type, schema_version, aggregate_id, version,
                                           occurred_at, correlation_id, traceparent, data)
    SELECT 'ticket', uuidv7(), 'ticket.created', 1, uuidv7(), 1, now(), 'bench', '', jsonb_build_object(
        'title', 'Bench ' || n, 'price', '10.00', 'currency', 'USD', 'user_id', uuidv7(),
        'status', 'available', 'created_at', '2026-05-01T10:15:00.000000Z')
    FROM generate_series(1, %s) AS n
"""
_LAST = "SELECT aggregate_id FROM shared_events_loggedevent ORDER BY id DESC LIMIT 1"
# Not how far the cursor is: its row is among what the burdens make slow to read.
_ARRIVED = "SELECT EXISTS (SELECT FROM audit_replica WHERE id = %s)"


def bench(options: argparse.Namespace) -> int:
    """Run `bench events` with these options of its command line and return the exit code."""
    return bench_events(events=options.events, rounds=options.rounds, held_minutes=options.held_minutes)


def bench_events(*, events: int, rounds: int, held_minutes: float) -> int:
    """Measure all of it, print the ratios, and return 0 when each is as promised."""
    with backbone() as stack:
        kept = [_throughput(stack, events, rounds), _latency(stack, rounds)]
    with backbone() as short, backbone() as long:
        fill(short, SHORT_LOG)
        fill(long, LONG_LOG)
        kept.append(_compare("a log of 10⁶ events", short, long, rounds))
        if held_minutes:
            with snapshot_held(short, minutes=held_minutes):
                kept.append(_compare(f"a snapshot held for {held_minutes:g} min", long, short, rounds))
    return 0 if all(kept) else 1


@contextlib.contextmanager
def backbone() -> Iterator[RunningStack]:
    """Run a stack of which only one publisher and one subscriber are at work, which keeps replicas alone."""
    with running_stack(system=CHAOS, broker="rabbitmq") as stack:
        for part in stack.processes().values():
            if part["state"] == "running" and part["name"] not in NEEDED:
                stack.stop(part["name"])
        _forget_other_subscribers(stack)
        with stack.overriding("audit.events", {"AUDIT_COUNTS": "0"}):
            yield stack


def _forget_other_subscribers(stack: RunningStack) -> None:
    """Delete the queues of services that are not at work: the broker would keep each event for them too."""
    for service in stack.stack.system.stateful:
        if service.follows and service.name != AUDIT_CONSUMER:
            with rabbitmq.connect(stack.broker_url(service.name)) as connection:
                connection.channel().queue_delete(f"{service.name}.events.v2")


def commit_events(stack: RunningStack, count: int) -> float:
    """Commit so many events at once; return the seconds until the subscriber has a row of the last."""
    with psycopg.connect(stack.database_url("tickets")) as connection:
        connection.execute(_COMMIT_EVENTS, [count])
        [last] = connection.execute(_LAST).fetchall()
        began = time.monotonic()
        connection.commit()
    with psycopg.connect(stack.database_url(AUDIT_CONSUMER), autocommit=True) as subscriber:
        while subscriber.execute(_ARRIVED, last).fetchall() != [(True,)]:
            if time.monotonic() - began > _PATIENCE:
                raise TimeoutError(f"{count} events have not arrived within {_PATIENCE:.0f} s")
            time.sleep(0.02)
    return time.monotonic() - began


def fill(stack: RunningStack, count: int) -> None:
    """Make the logs so long, and vacuum them: what so many at once leave behind is no cost of an event."""
    commit_events(stack, count)
    for service in ("tickets", AUDIT_CONSUMER):
        with psycopg.connect(stack.database_url(service), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")


def _throughput(stack: RunningStack, events: int, rounds: int) -> bool:
    commit_events(stack, SHORT_LOG)  # warm-up
    with plain_celery(stack) as send:
        times = [(commit_events(stack, events), send(events)) for _ in range(rounds)]
    ours, theirs = _medians(times)
    out.print(
        f"\n{events:,} events, relay → quorum queue → a row each, median of {rounds} interleaved rounds"
    )
    out.print(f"  {'ours':<44} {ours:7.2f} s   {events / ours:8,.0f} events/s")
    out.print(f"  {'plain Celery, a no-op task each':<44} {theirs:7.2f} s   {events / theirs:8,.0f} events/s")
    return _verdict(ours / theirs, SHARE_OF_CELERY, "of plain Celery's time")


def _latency(stack: RunningStack, rounds: int) -> bool:
    found = [latencies(stack) for _ in range(rounds)]
    ours, raw = _medians([(one.commit_to_effect, one.raw_round_trip) for one in found])
    out.print("\n200 events/s, p99 in milliseconds, median of interleaved rounds")
    out.print(f"  {'commit to effect':<44} {ours * 1000:7.1f} ms")
    out.print(f"  {'a raw confirmed AMQP round trip':<44} {raw * 1000:7.1f} ms")
    return _verdict(ours / raw, TIMES_RAW, "times the raw round trip")


def _compare(what: str, plain: RunningStack, burdened: RunningStack, rounds: int) -> bool:
    for stack in (plain, burdened):
        commit_events(stack, ROUND)
    times = [(commit_events(burdened, ROUND), commit_events(plain, ROUND)) for _ in range(rounds * 2 + 1)]
    with_it, without = _medians(times)
    out.print(f"\n{ROUND:,} events with {what}, median of {len(times)} interleaved rounds")
    out.print(f"  {'with it':<44} {with_it / ROUND * 1e6:7.0f} µs per event")
    out.print(f"  {'without':<44} {without / ROUND * 1e6:7.0f} µs per event")
    return _verdict(with_it / without, TIMES_SHORT_LOG, "times the cost without it")


def _medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)


def _verdict(ratio: float, most: float, unit: str) -> bool:
    kept = ratio <= most
    out.print(
        f"  {'[green]✓[/] kept' if kept else '[red]✗[/] not kept'}: {ratio:.2f} {unit}, at most {most:.2f}"
    )
    return kept


@contextlib.contextmanager
def plain_celery(stack: RunningStack) -> Iterator[Callable[[int], float]]:
    """Run a plain worker, and yield what sends so many tasks and returns the seconds until all are done."""
    broker = stack.broker_url(AUDIT_CONSUMER)
    command = [sys.executable, "-m", "tests.bench.plain_celery"]
    environment = stack.environment(AUDIT_CONSUMER)
    log = Path(stack.run_dir / "log" / "plain-celery.log").open("ab")  # noqa: SIM115 (closed below)
    worker = subprocess.Popen(
        [*command, "work", "--broker", broker], env=environment, cwd=REPOSITORY, stdout=log, stderr=log
    )

    def send(count: int) -> float:
        began = time.monotonic()
        subprocess.run(
            [*command, "send", "--broker", broker, "--count", str(count)],
            env=environment,
            cwd=REPOSITORY,
            check=True,
        )
        wait_for(lambda: _waiting(stack) == 0, within=_PATIENCE, what="all tasks done")
        return time.monotonic() - began

    try:
        wait_for(lambda: _waiting(stack) == 0, what="the plain worker's queue")
        yield send
    finally:
        worker.terminate()
        worker.wait()
        log.close()


def _waiting(stack: RunningStack) -> int | None:
    with connect(stack) as connection:
        try:
            return int(connection.channel().queue_declare("audit.plain", passive=True).message_count)
        except amqp.NotFound:
            return None


@contextlib.contextmanager
def snapshot_held(stack: RunningStack, *, minutes: float) -> Iterator[None]:
    """Hold a snapshot open in both databases while 200 events a second flow; yield after so many minutes."""
    with contextlib.ExitStack() as held:
        for service in ("tickets", AUDIT_CONSUMER):
            connection = held.enter_context(psycopg.connect(stack.database_url(service)))
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SELECT 1")
        end = time.monotonic() + minutes * 60
        with psycopg.connect(stack.database_url("tickets"), autocommit=True) as writer:
            while time.monotonic() < end:
                began = time.monotonic()
                writer.execute(_COMMIT_EVENTS, [2])
                time.sleep(max(0.0, 0.01 - (time.monotonic() - began)))
        yield
