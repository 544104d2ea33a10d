"""The broker and the clock of the model: what was published, and how far each service has applied it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.model.processes import Message
from tests.model.provider import Provider

SERVICES = ("tickets", "orders", "payments")
STREAMS = {"tickets": "ticket", "orders": "order", "payments": "payment"}
FOLLOWS = {
    "tickets": ("order", "user"),
    "orders": ("ticket", "payment", "user"),
    "payments": ("order", "user"),
}
ROUTES = [(service, stream) for service in SERVICES for stream in FOLLOWS[service]]
BEGINNING = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class FakeBroker:
    """What has happened since the services' tables were emptied."""

    provider: Provider = field(default_factory=Provider)
    now: datetime = BEGINNING
    #: Each stream's log as it was published.
    logs: dict[str, list[Message]] = field(
        default_factory=lambda: {s: [] for s in (*STREAMS.values(), "user")}
    )
    #: How far each service has applied each stream that it follows, and how far it had been before a replay.
    applied: dict[tuple[str, str], int] = field(default_factory=lambda: dict.fromkeys(ROUTES, 0))
    furthest: dict[tuple[str, str], int] = field(default_factory=lambda: dict.fromkeys(ROUTES, 0))
    #: Commands that the relay has sent and no worker has run yet.
    commands: dict[str, list[Message]] = field(default_factory=lambda: {s: [] for s in SERVICES})
    #: What becomes of the next requests to the provider; then all is well.
    faults: list[str] = field(default_factory=list)
    #: What happens at the next fault that lets something happen.
    meanwhile: Callable[[], None] | None = None
