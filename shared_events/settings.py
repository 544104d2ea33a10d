"""The one setting of this library: `EVENTS = EventSettings(service=…, publishes=…)` in Django's settings."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    """Who this service is, what it publishes, and the pace of the backbone. Times are in seconds."""

    service: str
    publishes: tuple[str, ...] = ()
    #: The modules, or packages of modules, that hold the system's contracts.
    contracts: tuple[str, ...] = ()
    broker_url: str = ""
    #: How many consecutive envelopes one message may carry.
    batch_size: int = 200
    #: How many bytes of data one message may carry. RabbitMQ refuses messages over 16 MiB, and in a message
    #: a byte of data can become three.
    batch_bytes: int = 4 * 2**20
    #: How many bytes of data an event may have.
    max_event_bytes: int = 2**20
    #: How many envelopes one answer to a catch-up request may carry.
    catch_up_size: int = 1000
    #: Seconds after which a consumer requests what it may lack from its publishers again.
    anti_entropy_every: float = 5.0
    #: How long a catch-up request counts as under way before another may be sent.
    catch_up_timeout: float = 2.0
    #: How long the relay waits for the broker to confirm a message.
    confirm_timeout: float = 5.0
    #: How long the relay sleeps when nothing wakes it.
    poll_every: float = 0.1
    #: How long a relay that stopped answering keeps its lease.
    lease_seconds: float = 3.0
    #: After how many attempts a failing event becomes a dead letter.
    max_tries: int = 8
    #: After how many unfinished attempts an event that kills its worker is parked unrun.
    max_unfinished: int = 3
    #: How long one event, or a batch of them, may keep the events worker busy.
    event_seconds: float = 60.0
    #: How long the events of other services are kept after they were applied: so long a publisher that was
    #: restored from a backup can have them back. 0 keeps none.
    keep_received_seconds: float = 7 * 86_400.0
    #: How many processes work this service's commands.
    command_concurrency: int = 2
    #: Where workers and relays serve their metrics, `host:port`; empty for nowhere.
    metrics_bind: str = ""
    #: What a drill wants to happen at failpoints; see `failpoints.arm`. Empty in production.
    failpoints: str = ""


def event_settings() -> EventSettings:
    """Return this process's settings. Raises AttributeError when the project has no `EVENTS`."""
    value: EventSettings = settings.EVENTS
    return value
