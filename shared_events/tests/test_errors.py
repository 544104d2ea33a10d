import logging
import threading
from typing import Any
from uuid import uuid4

import pytest
from amqp.exceptions import MessageNacked
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerError

from shared_events import tasks
from shared_events.errors import describe
from shared_events.outbox.relay import Relay


def wrapped(error: Exception, cause: Exception) -> Exception:
    """Raise `error` from `cause`, and catch it, as kombu does with what the broker says."""
    try:
        raise error from cause
    except Exception as raised:
        return raised


def as_kombu_wraps(cause: Exception) -> Exception:
    return wrapped(BrokerError(str(cause)), cause)


class TestDescribe:
    def test_gives_the_type_and_what_the_error_says(self) -> None:
        assert describe(ValueError("no such thing")) == "ValueError: no such thing"

    def test_names_the_cause_of_an_error_that_says_nothing(self) -> None:
        assert describe(as_kombu_wraps(MessageNacked())) == "OperationalError, caused by MessageNacked"

    def test_is_never_empty_when_nothing_is_known_but_the_type(self) -> None:
        assert describe(TimeoutError()) == "TimeoutError"
        assert describe(TimeoutError("")) == "TimeoutError"

    def test_shows_the_arguments_of_an_error_whose_text_leaves_them_out(self) -> None:
        class Mute(Exception):
            def __str__(self) -> str:
                return ""

        assert describe(Mute(404, "letters.v1")) == "Mute(404, 'letters.v1')"

    def test_names_a_cause_that_says_something_else(self) -> None:
        error = wrapped(OperationalError("no answer"), ConnectionRefusedError(111, "refused"))
        assert (
            describe(error)
            == "OperationalError: no answer, caused by ConnectionRefusedError: [Errno 111] refused"
        )

    def test_names_a_cause_once_that_says_the_same(self) -> None:
        error = as_kombu_wraps(ConnectionRefusedError(111, "refused"))
        assert describe(error) == "OperationalError: [Errno 111] refused"

    def test_is_one_line(self) -> None:
        assert describe(ValueError("two\n  lines\n")) == "ValueError: two lines"

    def test_ends_where_causes_go_in_a_circle(self) -> None:
        first, second = ValueError(), KeyError()
        first.__cause__, second.__cause__ = second, first
        assert describe(first) == "ValueError, caused by KeyError"

    def test_bears_an_error_that_can_not_be_put_into_words(self) -> None:
        class Broken(Exception):
            def __str__(self) -> str:
                raise RuntimeError

        assert describe(Broken()) == "Broken"


class TestNoLineOfALogIsEmpty:
    @pytest.mark.parametrize(
        "error", [as_kombu_wraps(MessageNacked()), OperationalError()], ids=["broker", "database"]
    )
    def test_of_a_relay(
        self, error: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stop = threading.Event()

        def fail(relay: Relay) -> float:
            stop.set()
            raise error

        monkeypatch.setattr("shared_events.outbox.relay.prepare", lambda: None)
        monkeypatch.setattr(Relay, "_step", fail)
        monkeypatch.setattr(Relay, "_leave", lambda relay: None)
        with caplog.at_level(logging.WARNING):
            Relay(holder=uuid4(), publisher=object()).run(stop)  # type: ignore[arg-type]
        assert caplog.messages[0].endswith(describe(error))

    def test_of_a_worker_that_can_not_ask(self, caplog: pytest.LogCaptureFixture) -> None:
        def fail(publisher: Any) -> None:
            raise as_kombu_wraps(MessageNacked())

        tasks._quietly(fail)
        assert caplog.messages == ["Could not publish: OperationalError, caused by MessageNacked"]
