import pytest
from celery.fixups.django import DjangoWorkerFixup
from django.db import OperationalError, connection

from shared_events.management.commands.worker import _renew_connections
from shared_events.tests.conftest import connect_apart
from shared_events.transport.app import celery_app

pytestmark = pytest.mark.django_db(transaction=True)


def _server_process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def _cut_off(pid: int) -> None:
    with connect_apart() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


class TestWorkersKeepTheirConnection:
    def test_from_task_to_task(self) -> None:
        before = _server_process()
        DjangoWorkerFixup(celery_app()).close_database()
        assert _server_process() == before

    def test_unless_it_was_cut_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
        monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
        connection.close()
        before = _server_process()
        _cut_off(before)
        _renew_connections()
        assert _server_process() != before

    def test_and_without_a_look_the_first_statement_would_fail(self) -> None:
        _cut_off(_server_process())
        with pytest.raises(OperationalError):
            _server_process()
        connection.close()
