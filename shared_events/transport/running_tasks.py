"""What surrounds a task while it runs: the context it was sent in; of a command, a span and metrics."""

import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from celery.signals import task_postrun, task_prerun, worker_process_shutdown
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from shared_events import context, metrics, tracing

#: The header in which a command carries the id of the request that it belongs to.
CORRELATION_HEADER = "x_correlation_id"

#: The names of this library's own tasks begin so: they bring messages of events, which have their own spans.
_OWN_TASKS = "shared_events."


class _Running:
    """The command that this process runs: a worker process runs one at a time."""

    span: AbstractContextManager[str] | None = None
    began = 0.0


def follow_tasks() -> None:
    """Have Celery's signals call what is here, in this process and in those that it forks."""
    task_prerun.connect(_begin, weak=False)
    task_postrun.connect(_end, weak=False)
    worker_process_shutdown.connect(_flush_spans, weak=False)


def _begin(task: Any, **_: Any) -> None:
    # Each task binds anew, so nothing needs resetting.
    headers = task.request.headers or {}
    correlation_id, traceparent = headers.get(CORRELATION_HEADER), headers.get(tracing.HEADER, "")
    if task.name.startswith(_OWN_TASKS):
        context.begin(correlation_id, traceparent)
        return
    about = {"correlation.id": correlation_id or ""}
    _Running.span = tracing.span(f"run {task.name}", SpanKind.CONSUMER, parent=traceparent, attributes=about)
    context.begin(correlation_id, _Running.span.__enter__())
    _Running.began = time.monotonic()
    if task.request.eta:
        late = datetime.now(UTC) - datetime.fromisoformat(task.request.eta)
        metrics.COMMAND_LATENESS.labels(task.name).observe(max(late.total_seconds(), 0))


def _end(task: Any, state: str | None = None, retval: Any = None, **_: Any) -> None:
    running, _Running.span = _Running.span, None
    if running is None:
        return
    failed = state != "SUCCESS"
    if failed:
        trace.get_current_span().set_status(Status(StatusCode.ERROR, type(retval).__name__))
    running.__exit__(None, None, None)
    metrics.COMMANDS_FINISHED.labels(task.name, "failed" if failed else "ok").inc()
    metrics.COMMAND_DURATION.labels(task.name).observe(time.monotonic() - _Running.began)


def _flush_spans(**_: Any) -> None:
    # A pool's process ends without Python's own clean-up.
    flush = getattr(trace.get_tracer_provider(), "force_flush", None)
    if flush is not None:
        flush(2_000)
