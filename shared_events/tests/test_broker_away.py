import logging
import socket
from typing import Any

import kombu.utils.functional
import pytest
from kombu import Connection
from kombu.exceptions import OperationalError

from shared_events.transport import app
from shared_events.transport.publisher import Publisher
from shared_events.transport.topology import CATCH_UP


class _Stop(Exception):
    pass


def test_a_worker_retries_a_broker_that_is_away_twice_a_second(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waited = 0.0

    def sleep(seconds: float) -> None:
        nonlocal waited
        waited += seconds
        if waited >= 60:
            raise _Stop

    monkeypatch.setattr(kombu.utils.functional, "sleep", sleep)
    with socket.socket() as taken, caplog.at_level(logging.WARNING):  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        away = Connection(f"amqp://127.0.0.1:{taken.getsockname()[1]}//")
        with pytest.raises(_Stop):
            app.ReconnectingConsumer.ensure_connected(object.__new__(app.ReconnectingConsumer), away)
    tries = [line for line in caplog.messages if line.startswith("The broker is away")]
    assert len(tries) == 120  # Celery by itself would have tried nine times in this minute


class _App:
    """A Celery app whose broker says these things, one per message."""

    def __init__(self, *answers: BaseException | None) -> None:
        self.answers = list(answers)

    def send_task(self, *_: Any, **__: Any) -> None:
        answer = self.answers.pop(0)
        if isinstance(answer, ConnectionError):
            raise OperationalError(str(answer)) from answer  # as kombu does
        if answer is not None:
            raise answer


class TestAPublisher:
    @pytest.fixture
    def publisher(self, monkeypatch: pytest.MonkeyPatch) -> Publisher:
        publisher = Publisher()
        monkeypatch.setattr(publisher, "_ready_producer", lambda: setattr(publisher, "_producer", object()))
        return publisher

    def publish(self, publisher: Publisher, *answers: BaseException | None) -> list[BaseException | None]:
        publisher._app = _App(*answers)
        publisher.publish("task", {}, exchange=CATCH_UP, key="note")
        return publisher._app.answers

    def test_replaces_a_connection_that_died_since_it_was_used(self, publisher: Publisher) -> None:
        assert self.publish(publisher, None) == []
        assert self.publish(publisher, ConnectionResetError(), None) == []

    def test_leaves_a_broker_that_is_away_to_its_caller(self, publisher: Publisher) -> None:
        with pytest.raises(OperationalError):
            self.publish(publisher, ConnectionRefusedError(), None)

    def test_does_not_wait_twice_for_a_confirm(self, publisher: Publisher) -> None:
        self.publish(publisher, None)
        with pytest.raises(TimeoutError):
            self.publish(publisher, TimeoutError(), None)
