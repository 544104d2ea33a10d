import logging
import socket

import kombu.utils.functional
import pytest
from kombu import Connection

from shared_events.bus import app


class _Stop(Exception):
    pass


def test_a_worker_asks_for_a_broker_that_is_away_each_second(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waited = 0.0

    def sleep(seconds: float) -> None:
        nonlocal waited
        waited += seconds
        if waited >= 60:
            raise _Stop

    monkeypatch.setattr(kombu.utils.functional, "sleep", sleep)
    with socket.socket() as taken, caplog.at_level(logging.WARNING):  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        away = Connection(f"amqp://127.0.0.1:{taken.getsockname()[1]}//")
        with pytest.raises(_Stop):
            app.PatientConsumer.ensure_connected(object.__new__(app.PatientConsumer), away)
    tries = [line for line in caplog.messages if line.startswith("The broker is away")]
    assert len(tries) == 60  # Celery by itself would have asked nine times in this minute
