import time
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from service_defaults import replication
from service_defaults.replication import wait_for_replica
from service_defaults.tests.ids import uuid7


class Rows:
    """Finds a book from the given query on; counts the queries."""

    def __init__(self, *, from_query: int | None) -> None:
        self.queries = 0
        self._from_query = from_query

    def find(self, id: UUID) -> str | None:
        self.queries += 1
        return "a book" if self._from_query is not None and self.queries >= self._from_query else None


@pytest.fixture
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timeout of a tenth of a second."""
    monkeypatch.setattr(replication, "TIMEOUT_SECONDS", 0.1)


@pytest.mark.django_db
class TestWaitForReplica:
    def test_gives_what_is_there_at_the_first_query(self) -> None:
        rows = Rows(from_query=1)
        assert wait_for_replica(rows.find, uuid4()) == "a book"
        assert rows.queries == 1

    def test_waits_for_a_recent_id(self) -> None:
        rows = Rows(from_query=3)
        assert wait_for_replica(rows.find, uuid7()) == "a book"
        assert rows.queries == 3

    def test_waits_for_one_from_a_clock_that_is_ahead(self) -> None:
        assert wait_for_replica(Rows(from_query=2).find, uuid7(age=-5)) == "a book"

    @pytest.mark.usefixtures("short_timeout")
    def test_times_out(self) -> None:
        rows, started = Rows(from_query=None), time.monotonic()
        assert wait_for_replica(rows.find, uuid7()) is None
        assert rows.queries > 1
        assert time.monotonic() - started >= 0.1

    @pytest.mark.parametrize(
        "id", [uuid7(age=600), uuid7(age=-600), uuid4(), UUID(int=0), UUID(int=(1 << 128) - 1)], ids=str
    )
    def test_does_not_wait_for_any_other_id(self, id: UUID) -> None:
        rows = Rows(from_query=2)
        assert wait_for_replica(rows.find, id) is None
        assert rows.queries == 1

    def test_stops_waiting_when_the_id_is_no_longer_recent(self) -> None:
        rows = Rows(from_query=None)
        started = time.monotonic()
        assert wait_for_replica(rows.find, uuid7(age=replication.RECENT_SECONDS - 0.1)) is None
        assert time.monotonic() - started < replication.TIMEOUT_SECONDS

    @pytest.mark.parametrize("from_query", [1, None])
    def test_refuses_to_run_inside_a_transaction(self, from_query: int | None) -> None:
        rows = Rows(from_query=from_query)
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            wait_for_replica(rows.find, uuid7(age=600))
        assert rows.queries == 0
