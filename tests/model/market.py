"""The marketplace in the model's hand: three real services, a provider, a broker, and the clock."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.model.fake_broker import ROUTES, SERVICES, STREAMS, FakeBroker
from tests.model.processes import Child, Died, Message, Refusal
from tests.model.provider import Provider
from tests.model.snapshot import Snapshot

SETTLE = "payments.settle_payment"

#: What may become of a request to the provider; the last word says whether before or after its effect.
FAULTS = (
    *("none", "request lost", "request late", "request doubled", "answer lost", "refused"),
    *("dies before", "dies after", "meanwhile before", "meanwhile after", "meanwhile after"),
)
#: Longer than any wait of a service's own and shorter than a hold.
_A_WHILE = timedelta(minutes=6)
_ROUNDS_TO_REST = 60

_NO_ANSWER = {"error": {"type": "connection_error", "code": None, "message": "No answer."}}


class Market:
    """Three services and what is between them. Everything runs one after the other, as the caller says."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._children = {
            service: Child(service, addresses[service], self._answer_of_provider) for service in SERVICES
        }
        self._removed: list[tuple[str, str]] = []
        #: Services that may have something to publish, and the snapshots of those that are unchanged since.
        self._unpublished = set(SERVICES)
        self._known: dict[str, Message] = {}
        self.broker = FakeBroker()
        for child in self._children.values():
            child.wait()
        self._all("migrate")

    @property
    def provider(self) -> Provider:
        return self.broker.provider

    def stop(self) -> None:
        """End the children."""
        for child in self._children.values():
            child.stop()

    def begin_anew(self) -> None:
        """Forget everything that has happened."""
        self.broker = FakeBroker()
        for service, child in self._children.items():
            if child.is_busy:
                self.restart(service)
        self._known.clear()
        self._all("forget_everything")

    def remove_guard(self, service: str, name: str) -> None:
        """Break a rule of a service until `restore_guards`."""
        self._removed.append((service, name))
        self.call(service, f"remove_{name}")

    def restore_guards(self) -> None:
        """Put back what was removed."""
        self.begin_anew()
        for service, name in self._removed:
            if name == "unique_index":
                self.call(service, f"restore_{name}")
        self._removed.clear()
        for service in SERVICES:
            self.restart(service)

    def call(self, service: str, do: str, **arguments: Any) -> Any:
        """Have a service do something now. Raises Refusal, Died."""
        self._unpublished.add(service)
        self._known.pop(service, None)
        return self._children[service].call(do, self._now, **arguments)

    def attempt(self, service: str, do: str, **arguments: Any) -> tuple[Any, str]:
        """Have a service do something; return its answer, and why it said no (or that it died)."""
        try:
            return self.call(service, do, **arguments), ""
        except Refusal as refusal:
            return None, str(refusal)
        except Died:
            self._break_again("payments")
            return None, "Died"

    def restart(self, service: str) -> None:
        """Kill a service's worker; another one goes on with what the database holds."""
        self._children[service].restart()
        self._break_again(service)

    def snapshot(self) -> Snapshot:
        """Return what all believe now."""
        fresh = [service for service in SERVICES if service not in self._known]
        self._known |= zip(fresh, self._all("snapshot", fresh), strict=True)
        everybodys = ("parked", "blocked", "user_copies", "revocations")
        of_each = {name: {service: self._known[service][name] for service in SERVICES} for name in everybodys}
        parked = [error for errors in of_each["parked"].values() for error in errors]
        rows = {name: rows for service in SERVICES for name, rows in self._known[service].items()}
        return Snapshot(**rows | of_each | {"parked": parked})

    def relay(self, service: str) -> int:
        """Have a service's log and commands published; return how many there were."""
        if service not in self._unpublished:
            return 0
        sent = self._children[service].call("relay", self._now)
        self._unpublished.discard(service)
        log = self.broker.logs[STREAMS[service]]
        for event in sent["events"]:
            assert event["position"] == len(log) + 1, f"{event} doesn't follow {len(log)}"
            log.append(event)
        self.broker.commands[service] += sent["commands"]
        return len(sent["events"]) + len(sent["commands"])

    def publish_user_event(self, user: str, type: str, **data: Any) -> None:
        """Have accounts, which has no process here, publish an event of its own."""
        log = self.broker.logs["user"]
        log.append(
            {
                "stream": "user",
                "position": len(log) + 1,
                "id": str(UUID(int=(0x7 << 76) + len(log) + 1)),
                "type": f"user.{type}",
                "schema_version": 1,
                "aggregate_id": user,
                "version": 1 + sum(event["aggregate_id"] == user for event in log),
                "occurred_at": self._now,
                "correlation_id": "model",
                "causation_id": None,
                "traceparent": "",
                "data": {"not_before": self._now, **data},
            }
        )

    def replay(self, service: str, stream: str) -> None:
        """Have a service read a stream again, from 1."""
        if self.broker.applied[service, stream]:
            self.call(service, "replay", stream=stream)
            self.broker.applied[service, stream] = 0

    def deliver(self, service: str, stream: str, *, poison: bool = False, **which: int) -> int:
        """Hand a service a batch (see `_choose`); return how many of its events are new.

        With `poison` the handler of the first new event fails. A batch of a replay ends where the service had
        been, and must change nothing.
        """
        applied, furthest = self.broker.applied[service, stream], self.broker.furthest[service, stream]
        start, events = self._choose(service, stream, **which)
        if not events:
            return 0
        was_applied = events[-1]["position"] <= furthest
        before = self._untouched(service) if was_applied else {}
        poisoned = [events[applied - start]["id"]] if poison and 0 <= applied - start < len(events) else []
        answer = self.call(service, "receive", **self._batch(stream, start, events), poisoned=poisoned)
        reached = applied if start > applied else max(applied, events[-1]["position"])
        assert answer["position"] == reached, f"{service} is at {stream} {answer}, not at {reached}"
        assert (answer["outcome"] == "GAP") == (start > applied)
        self.broker.applied[service, stream] = reached
        self.broker.furthest[service, stream] = max(furthest, reached)
        if was_applied:
            self._check_untouched(service, before, [event["type"] for event in events])
        return reached - applied

    def _choose(
        self, service: str, stream: str, *, again: int = 0, ahead: int = 0, most: int = 1000
    ) -> tuple[int, list[Message]]:
        """Return a batch and its start: it repeats some events, or leaves some out; a replay ends in time."""
        applied, furthest = self.broker.applied[service, stream], self.broker.furthest[service, stream]
        start, end = max(0, applied - again) + ahead, applied + ahead + most
        return start, self.broker.logs[stream][start : min(end, furthest) if applied < furthest else end]

    def _check_untouched(self, service: str, before: Message, types: list[str]) -> None:
        """Events that were applied before must have changed nothing, nor made the service publish."""
        assert not self.relay(service), f"{service} published something because of {types} of old"
        after = self._untouched(service)
        changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
        assert not changed, f"{types} of old changed {changed} at {service}"

    def flow(self) -> int:
        """Deliver all events, and those that their handlers record; return how many there were."""
        total, some = 0, 1
        while some:
            some = sum(self.relay(service) for service in SERVICES)
            some += sum(self.deliver(service, stream) for service, stream in ROUTES)
            total += some
        return total

    def news_of(self, stream: str) -> Message | None:
        """Return the batch of what payments hasn't applied of a stream, None where there is none.

        A replay that is under way ends first: it has batches of its own.
        """
        while self.broker.applied["payments", stream] < self.broker.furthest["payments", stream]:
            self.deliver("payments", stream)
        applied = self.broker.applied["payments", stream]
        events = self.broker.logs[stream][applied:]
        return self._batch(stream, applied, events) if events else None

    def run_command(self, service: str, nth: int = 0) -> None:
        """Run one of the commands that were sent, whichever."""
        waiting = self.broker.commands[service]
        command = waiting.pop(nth % len(waiting))
        self.attempt(service, command["task"], **command["kwargs"])

    def come_to_rest(self) -> None:
        """Let everything run its course, without faults and without people, until nothing moves any more."""
        self.broker.faults.clear()
        self.provider.let_late_requests_arrive()
        self._redeliver_refunds()
        for _ in range(_ROUNDS_TO_REST):
            if not self._go_on() and not self._is_unfinished(self.snapshot()):
                return
            self.broker.now += _A_WHILE
        raise AssertionError(f"it never comes to rest: {self.snapshot()}")

    def _redeliver_refunds(self) -> None:
        # A refund that was made at Stripe is reported by webhook alone; Stripe repeats it for days.
        for event in self.provider.webhooks:
            if event["type"] == "charge.refunded":
                self.call("payments", "receive_webhook", **event)

    def run_commands(self) -> int:
        """Deliver events and run commands until there are none; return how many there were."""
        total = self.flow()
        while any(self.broker.commands.values()):
            for service in SERVICES:
                while self.broker.commands[service]:
                    self.run_command(service)
                    total += 1
            total += self.flow()
        return total

    def _go_on(self) -> int:
        done = sum(self.call(service, "sweep") for service in ("orders", "payments"))
        done += sum(self.call(service, "redrive") for service in SERVICES)
        return done + self.run_commands()

    def _is_unfinished(self, snapshot: Snapshot) -> bool:
        due: Iterable[Any] = (payment["due_at"] for payment in snapshot.payments.values())
        held = (order["status"] in ("created", "awaiting:payment") for order in snapshot.orders.values())
        return any(due) or any(held)

    def _batch(self, stream: str, start: int, events: list[Message]) -> Message:
        previous = self.broker.logs[stream][start - 1]["id"] if start else None
        return {"stream": stream, "events": events, "previous_id": previous}

    def _untouched(self, service: str) -> Message:
        """Return a service's rows, once all that it has recorded is published."""
        # What it went on to record after something happened in the midst of its work isn't in the set.
        self._unpublished.add(service)
        self.relay(service)
        snapshot: Message = self.call(service, "snapshot")
        return {name: rows for name, rows in snapshot.items() if name not in ("parked", "blocked")}

    def _all(self, do: str, services: Iterable[str] = SERVICES) -> list[Any]:
        children = [self._children[service] for service in services]
        for child in children:
            child.begin(do, self._now)
        return [child.finish() for child in children]

    @property
    def _now(self) -> str:
        return self.broker.now.isoformat()

    def _break_again(self, service: str) -> None:
        for owner, name in self._removed:
            if owner == service and name != "unique_index":
                self.call(service, f"remove_{name}")

    def _answer_of_provider(self, request: Message) -> Message:
        fault = self.broker.faults.pop(0) if self.broker.faults else "none"
        if fault in ("request lost", "request late", "dies before"):
            if fault == "request late":
                self.provider.late.append(request)
            return self._end_without_answer(fault)
        if fault == "meanwhile before":
            self._let_something_happen()
        answer = self.provider.answer(request, refuse=fault == "refused")
        if fault == "request doubled":
            answer = self.provider.answer(request)
        if fault == "meanwhile after":
            self._let_something_happen()
        return self._end_without_answer(fault) if fault in ("answer lost", "dies after") else answer

    def _end_without_answer(self, fault: str) -> Message:
        if fault.startswith("dies"):
            raise Died
        return _NO_ANSWER

    def _let_something_happen(self) -> None:
        happening, self.broker.meanwhile = self.broker.meanwhile, None
        faults, self.broker.faults = self.broker.faults, []
        if happening is not None:
            happening()
        self.broker.faults = faults
