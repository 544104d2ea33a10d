"""Which fault raises which alert, and what mends it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.alerts.live import locks, outages, streams
from tests.running_stack import RunningStack


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that is broken when the context of `breaks` begins, and mended when it ends.

    The alerts that it raises, by name: while it lasts (`during`), and those that measure how late things were
    once they have happened (`afterwards`).
    """

    name: str
    mended_by: str
    breaks: Callable[[RunningStack], AbstractContextManager[None]]
    during: tuple[str, ...] = ()
    afterwards: tuple[str, ...] = ()

    @property
    def alerts(self) -> tuple[str, ...]:
        """Return all of them."""
        return self.during + self.afterwards


#: In this order: first those whose alerts the others raise in passing.
FAULTS = (
    Fault(
        name="the events worker of orders frozen for some seconds while six tickets are listed",
        mended_by="letting it continue",
        breaks=outages.worker_frozen,
        afterwards=("EffectsLate",),
    ),
    Fault(
        name="the events worker of orders stopped while six sessions end",
        mended_by="starting it",
        breaks=outages.worker_away,
        during=("ProcessDown", "QueueWithoutConsumers", "StreamLagging"),
        afterwards=("RevocationSlow",),
    ),
    Fault(
        name="Postgres stopped while a buyer tries to hold",
        mended_by="starting it",
        breaks=outages.database_away,
        during=("PostgresUnreachable", "RateOf5xx", "HoldsNotAnswered"),
    ),
    Fault(
        name="the bank fails when the money of six orders is captured, for a minute",
        mended_by="the bank's recovery",
        breaks=outages.captures_failing,
        during=("PaymentsStuck",),
        afterwards=("MoneySettledLate",),
    ),
    Fault(
        name="a session keeps the rows of six holds locked beyond their end",
        mended_by="ending it",
        breaks=locks.holds_locked,
        during=("HoldsOverdue",),
        afterwards=("ExpiryLate",),
    ),
    Fault(
        name="RabbitMQ's memory alarm",
        mended_by="its former limit",
        breaks=outages.broker_blocked,
        during=("RabbitMQAlarm", "EventsNotPublished", "BrokerConfirmsNothing", "CommandsWaiting"),
    ),
    Fault(
        name="a session keeps the row of the relay's lease locked",
        mended_by="ending it",
        breaks=locks.lease_locked,
        during=("RelayLeaseFree",),
    ),
    Fault(
        name="a session keeps a table locked that the relay reads when it is scraped",
        mended_by="ending it",
        breaks=locks.state_locked,
        during=("ServiceStateUnreadable",),
    ),
    Fault(
        name="a cursor names another event than the one that was applied",
        mended_by="the right one, and `events resume`",
        breaks=streams.stream_halted,
        during=("StreamHalted",),
    ),
    Fault(
        name="a halted stream resumed with `--from` another position",
        mended_by="`events skipped --settle`",
        breaks=streams.events_skipped,
        during=("SkippedEvents",),
    ),
    Fault(
        name="two events of a broken shape",
        mended_by="`events dead-letters --discard`",
        breaks=streams.events_poisoned,
        during=("HandlerFailing", "EventsParkedLong"),
    ),
    Fault(
        name="the same, with their attempts used up",
        mended_by="`events dead-letters --discard`",
        breaks=streams.events_dead,
        during=("DeadLetters",),
    ),
    Fault(
        name="privileges on the table of e-mails revoked, which a sweep reads",
        mended_by="granting them",
        breaks=locks.privilege_missing,
        during=("SweepFailing",),
    ),
    Fault(
        name="the status of a captured payment changed by SQL",
        mended_by="changing it back",
        breaks=locks.status_changed,
        during=("LedgerDifference",),
    ),
)
