"""Celery as most people use it, to measure against: one task per event, which does nothing with it.

`python -m tests.bench.plain_celery work|send --broker amqp://… [--count 100000]`, for `bench events`.
"""

import argparse

from celery import Celery

QUEUE = "audit.plain"
#: What `ticket.created` carries.
PAYLOAD = {
    "stream": "ticket",
    "position": 1,
    "id": "01a20cba-1394-756a-a201-077ac2b657c6",
    "type": "ticket.created",
    "schema_version": 1,
    "aggregate_id": "01a20cba-1316-7478-9b84-16e6d772fe6f",
    "version": 1,
    "occurred_at": "2026-05-01T10:15:00.000000Z",
    "correlation_id": "3008f271-004d-4e32-b47a-ed67c20fb3a5",
    "causation_id": None,
    "traceparent": "",
    "data": {
        "title": "Drill 12345",
        "price": "10.00",
        "currency": "USD",
        "user_id": "01a20cba-1316-7478-9b84-16e6d772fe6f",
        "status": "available",
        "created_at": "2026-05-01T10:15:00.000000Z",
    },
}


def app(broker: str) -> Celery:
    """Return an app with Celery's own defaults, but for the names that its user may use."""
    found = Celery("audit.plain", broker=broker)
    found.conf.update(
        task_default_queue=QUEUE,
        task_default_exchange="audit.plain",
        task_default_exchange_type="topic",
        task_default_routing_key=QUEUE,
        task_ignore_result=True,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
    )

    @found.task(name="audit.plain.nothing")
    def nothing(event: dict[str, object]) -> None:
        pass

    return found


def main() -> None:
    """Be the worker, or send the tasks and say when."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=("work", "send"))
    parser.add_argument("--broker", required=True)
    parser.add_argument("--count", type=int, default=100_000)
    options = parser.parse_args()
    celery = app(options.broker)
    if options.role == "work":
        celery.Worker(without_gossip=True, without_mingle=True, without_heartbeat=True).start()
        return
    with celery.producer_pool.acquire() as producer:
        for _ in range(options.count):
            celery.send_task("audit.plain.nothing", args=(PAYLOAD,), producer=producer)


if __name__ == "__main__":
    main()
