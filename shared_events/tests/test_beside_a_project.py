"""The library in a project that has a Celery app and a LOGGING of its own."""

import logging
from io import StringIO

import pytest
from django.core.management import call_command

from shared_events.terminal import log_to_the_terminal
from shared_events.transport.app import celery_app


class TestCelerySettings:
    def test_of_the_project_are_left_alone_and_the_check_says_so(self, settings) -> None:
        settings.CELERY_TASK_ACKS_LATE = False
        settings.CELERY_BROKER_URL = "redis://nowhere"
        err = StringIO()
        call_command("check", stderr=err)
        assert "shared_events.I001" in err.getvalue()
        assert "CELERY_BROKER_URL, CELERY_TASK_ACKS_LATE" in err.getvalue()
        assert celery_app().conf.task_acks_late is True

    def test_that_are_not_there_are_not_mentioned(self) -> None:
        err = StringIO()
        call_command("check", stderr=err)
        assert "shared_events" not in err.getvalue()


class TestLogging:
    def test_of_a_relay_is_shown_where_the_project_shows_nothing(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        root = logging.getLogger()
        monkeypatch.setattr(root, "handlers", [])
        monkeypatch.setattr(root, "level", logging.WARNING)
        log_to_the_terminal()
        logging.getLogger("shared_events.outbox.relay").info("ready")
        assert "INFO shared_events.outbox.relay: ready" in capsys.readouterr().err

    def test_of_the_project_counts(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])
        log_to_the_terminal()
        logging.getLogger("shared_events.outbox.relay").info("ready")
        assert capsys.readouterr().err == ""
