"""What is said of events once their effect is committed: metrics, and a log line."""

import logging
from collections import Counter
from datetime import datetime

from django.utils import timezone

from shared_events import metrics
from shared_events.envelope import RawEnvelope
from shared_events.inbox.subscriptions import subscriptions

logger = logging.getLogger(__name__)

#: Events of one batch that have a line each; of more, one line says how many of which type there were.
MOST_LINES = 20


def report(events: list[RawEnvelope], *, since: datetime) -> None:
    """Count events that were applied, those without a handler too, and log those with one.

    What was recorded before this service followed the stream (`since`) has no delay: nobody waited for it.
    """
    now, stream = timezone.now(), events[0].stream
    delay = metrics.EFFECT_DELAY.labels(stream)
    for event in events:
        if event.occurred_at >= since:
            delay.observe(max((now - event.occurred_at).total_seconds(), 0))
    types = Counter(event.type for event in events)
    for event_type, count in types.items():
        metrics.APPLIED.labels(stream, event_type).inc(count)
    if logger.isEnabledFor(logging.INFO):
        handled = subscriptions().keys()
        _log([event for event in events if event.type in handled], stream)


def _log(events: list[RawEnvelope], stream: str) -> None:
    if len(events) > MOST_LINES:
        types = Counter(event.type for event in events)
        text = ", ".join(f"{count} {event_type}" for event_type, count in sorted(types.items()))
        span = {"stream": stream, "first_position": events[0].position, "last_position": events[-1].position}
        logger.info("Applied %s", text, extra=span)
        return
    for event in events:
        about = {
            "event_id": str(event.id),
            "aggregate_id": str(event.aggregate_id),
            "correlation_id": event.correlation_id,
            "trace_id": event.traceparent[3:35],
        }
        logger.info("Applied %s at %d", event.type, event.position, extra=about)
