"""How events flow between the services: who publishes to whom, how fast, and what waits or failed."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from inspection.dashboard.metrics import Sample, scrape
from local_stack.stack import Stack
from local_stack.systems import Service

#: Seconds after which the last look is too old for a rate.
_TOO_OLD = 60.0
#: What waits in a service, all streams together, as its relay says.
_WAITING = ("events_unpublished", "events_parked", "events_dead_letters", "commands_waiting")


class EventFlow:
    """The flow of a stack's events. Nothing is scraped but when it is read."""

    def __init__(
        self,
        stack: Stack,
        scrape: Callable[[Mapping[str, int]], dict[str, list[Sample]]] = scrape,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._system = stack.system
        self._ports = {name: port for name, port in stack.ports.items() if name.endswith(".metrics")}
        self._scrape, self._clock = scrape, clock
        self._looked_at = self._took = 0.0
        self._samples: dict[str, list[Sample]] = {}
        self._counts: dict[tuple[str, ...], float] = {}

    def read(self) -> dict[str, Any]:
        """Return {services: [...], edges: [...]}; a number that isn't known is None.

        A service has `name`, `answers`, `published` ({stream: events per second}) and what `_WAITING` names.
        An edge is a stream on its way to a subscriber: `stream`, `publisher`, `subscriber`, `rate`, `lag`
        (events) and `halted`.
        """
        self._samples = {}
        for process, samples in self._scrape(self._ports).items():
            self._samples.setdefault(process.partition(".")[0], []).extend(samples)
        self._took, self._looked_at = self._clock() - self._looked_at, self._clock()
        services = [one for one in self._system.running if one.publishes or one.follows]
        return {
            "services": [self._service(service) for service in services],
            "edges": [self._edge(stream, service.name) for service in services for stream in service.follows],
        }

    def _service(self, service: Service) -> dict[str, Any]:
        name = service.name
        rates = {stream: self._rate(name, "events_published_total", stream) for stream in service.publishes}
        waiting = {metric: self._value(name, metric) for metric in _WAITING}
        return {"name": name, "answers": name in self._samples, "published": rates} | waiting

    def _edge(self, stream: str, subscriber: str) -> dict[str, Any]:
        publisher = self._system.publisher_of(stream)
        return {
            "stream": stream,
            "publisher": publisher.name if publisher else "",
            "subscriber": subscriber,
            "rate": self._rate(subscriber, "events_applied_total", stream),
            "lag": self._lag(publisher.name, subscriber, stream) if publisher else None,
            "halted": bool(self._value(subscriber, "events_stream_halted", stream)),
        }

    def _lag(self, publisher: str, subscriber: str, stream: str) -> float | None:
        """Return how many positions the subscriber lacks of what its publisher has."""
        head = self._value(publisher, "events_stream_head", stream)
        applied = self._value(subscriber, "events_stream_position", stream)
        return None if head is None or applied is None else max(head - applied, 0)

    def _rate(self, *key: str) -> float | None:
        """Return by how much a counter (service, metric, stream) has grown per second since the last look."""
        count, before = self._value(*key), self._counts.get(key)
        if count is None:
            return None
        self._counts[key] = count
        # A count that has shrunk is that of a process that was started again.
        is_known = before is not None and before <= count and 0 < self._took < _TOO_OLD
        return round((count - (before or 0)) / self._took, 2) if is_known else None

    def _value(self, service: str, metric: str, stream: str = "") -> float | None:
        """Return the sum of a metric's samples: a service here has one relay, so no state comes twice."""
        found = [
            sample.value
            for sample in self._samples.get(service, [])
            if sample.name == metric and stream in {"", sample.labels.get("stream")}
        ]
        return sum(found) if found else None
