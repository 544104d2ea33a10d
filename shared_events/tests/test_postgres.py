"""An old Postgres is named at the start, and not blamed on the first event."""

import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections

from shared_events import postgres

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections["default"].__dict__, "pg_version", 150_019)


@pytest.mark.usefixtures("old_server")
class TestAnOldServer:
    @pytest.mark.parametrize("command", [("relay",), ("worker", "events"), ("worker", "commands")])
    def test_ends_a_process_before_it_begins(self, command: tuple[str, ...]) -> None:
        with pytest.raises(CommandError, match=r"PostgreSQL 17 or newer is needed, and 15\.19 was found"):
            call_command(*command)

    def test_is_found_by_the_system_check(self) -> None:
        with pytest.raises(CommandError, match=r"shared_events\.E001.*15\.19"):
            call_command("check", databases=["default"], stdout=StringIO())


class TestANewServer:
    def test_passes(self) -> None:
        call_command("check", databases=["default"], stdout=StringIO())
        postgres.wait_for_supported(threading.Event())


class TestAServerThatIsAway:
    def test_is_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        done: list[str] = []

        def prepare() -> None:
            done.append("tried")
            if len(done) < 3:
                raise OperationalError

        monkeypatch.setattr(postgres, "_PAUSE", 0.0)
        postgres.wait_for_supported(threading.Event(), prepare)
        assert done == ["tried"] * 3

    def test_is_not_waited_for_once_the_process_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stop = threading.Event()

        def prepare() -> None:
            stop.set()
            raise OperationalError

        postgres.wait_for_supported(stop, prepare)
