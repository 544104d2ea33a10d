from types import SimpleNamespace

from celery.worker.consumer import Consumer
from kombu.asynchronous import Hub

from shared_events.transport.app import ReconnectingConsumer


def test_a_task_is_acknowledged_before_the_worker_waits_again() -> None:
    """With one message under way at a time, a worker that waits first waits for nothing."""
    consumer = object.__new__(ReconnectingConsumer)
    consumer.hub = Hub(timer=SimpleNamespace(_queue=[]))
    acknowledged: list[str] = []
    consumer.call_soon_ack(acknowledged.append, "the message")
    assert acknowledged == ["the message"]


def test_celery_still_has_the_hook() -> None:
    """Called otherwise in another version, acknowledgements would wait again, and nothing would say so."""
    assert "call_soon_ack" in vars(Consumer)
