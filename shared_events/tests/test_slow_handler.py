"""A handler may hold its cursor for as long as it runs: its own service publishes meanwhile."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from shared_events import catch_up
from shared_events.ids import uuid7
from shared_events.inbox.consumer import receive
from shared_events.models import Cursor, LoggedEvent
from shared_events.outbox.relay import Relay, prepare
from shared_events.tests.conftest import FakeBroker, Published, Write
from shared_events.tests.notes import handlers
from shared_events.time_limits import HandlerTimedOut, within

pytestmark = pytest.mark.django_db(transaction=True)

#: The most seconds that the relay may take where it waits for nothing; a slow handler waits without end.
SOON = 5.0


@pytest.fixture
def slow_handler(published: Published) -> Iterator[None]:
    """A worker in another thread whose handler runs until the test is over, with its cursor locked."""
    begun, may_end = threading.Event(), threading.Event()

    def wait(text: str) -> None:
        begun.set()
        may_end.wait(30)

    [batch] = published("slow")
    handlers.ON_WRITE.append(wait)

    def work() -> None:
        receive(batch)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(10)
    yield
    may_end.set()
    worker.join(10)
    assert not worker.is_alive()


def _within(seconds: float, act: Callable[[], object]) -> bool:
    """Return whether it is done in time; a statement that waits longer is ended by its own lock_timeout."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{int(seconds * 1000)}ms'")
    act()
    return time.monotonic() - began < seconds


@pytest.mark.usefixtures("slow_handler")
class TestWhileAHandlerRuns:
    def test_the_relay_sends_requests_without_waiting_and_numbers_what_commits(
        self, broker: FakeBroker, write: Write
    ) -> None:
        relay = Relay(holder=uuid7(), publisher=broker)  # type: ignore[arg-type]
        prepare()
        # The one that published what the handler is at holds the lease until it lapses.
        relay.lease.seconds, broker.sent[:] = 0.0, []
        write("unrelated")

        def work() -> None:
            while not relay.lease.hold():
                time.sleep(0.05)
            relay.request_missing()
            relay.request_redrive()
            relay.round()

        assert _within(SOON, work)
        assert LoggedEvent.objects.get(data__text="unrelated").position == 2
        assert {message["task"] for message in broker.sent} == {"shared_events.deliver"}

    def test_a_request_that_could_not_be_sent_is_taken_back_without_waiting(self, broker: FakeBroker) -> None:
        assert _within(SOON, lambda: catch_up.request("note", broker))  # type: ignore[arg-type]
        assert Cursor.objects.get().catch_up_requested_at is None


class TestALimit:
    def test_ends_a_handler_that_hangs(self) -> None:
        with pytest.raises(HandlerTimedOut, match=r"longer than 0\.05 s"), within(0.05):
            threading.Event().wait(30)

    def test_is_over_with_its_block(self) -> None:
        with within(0.05):
            pass
        time.sleep(0.1)
