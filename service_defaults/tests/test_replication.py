import time
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from service_defaults import replication
from service_defaults.replication import wait_for_replica
from service_defaults.tests.ids import uuid7


class Rows:
    """Has a book from the given look on; counts the looks."""

    def __init__(self, *, from_look: int | None) -> None:
        self.looks = 0
        self._from_look = from_look

    def find(self, id: UUID) -> str | None:
        self.looks += 1
        return "a book" if self._from_look is not None and self.looks >= self._from_look else None


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after a tenth of a second, so that a test of giving up is short."""
    monkeypatch.setattr(replication, "PATIENCE", 0.1)


@pytest.mark.django_db
class TestFindJustMade:
    def test_gives_what_is_there_at_the_first_look(self) -> None:
        rows = Rows(from_look=1)
        assert wait_for_replica(rows.find, uuid4()) == "a book"
        assert rows.looks == 1

    def test_waits_for_a_young_id(self) -> None:
        rows = Rows(from_look=3)
        assert wait_for_replica(rows.find, uuid7()) == "a book"
        assert rows.looks == 3

    def test_waits_for_one_from_a_clock_that_is_ahead(self) -> None:
        assert wait_for_replica(Rows(from_look=2).find, uuid7(age=-5)) == "a book"

    @pytest.mark.usefixtures("impatient")
    def test_gives_up_after_a_while(self) -> None:
        rows, started = Rows(from_look=None), time.monotonic()
        assert wait_for_replica(rows.find, uuid7()) is None
        assert rows.looks > 1
        assert time.monotonic() - started >= 0.1

    @pytest.mark.parametrize(
        "id", [uuid7(age=600), uuid7(age=-600), uuid4(), UUID(int=0), UUID(int=(1 << 128) - 1)], ids=str
    )
    def test_does_not_wait_for_another(self, id: UUID) -> None:
        rows = Rows(from_look=2)
        assert wait_for_replica(rows.find, id) is None
        assert rows.looks == 1

    def test_stops_waiting_when_the_id_is_no_longer_young(self) -> None:
        rows = Rows(from_look=None)
        started = time.monotonic()
        assert wait_for_replica(rows.find, uuid7(age=replication.YOUNG - 0.1)) is None
        assert time.monotonic() - started < replication.PATIENCE

    @pytest.mark.parametrize("from_look", [1, None])
    def test_refuses_to_run_inside_a_transaction(self, from_look: int | None) -> None:
        rows = Rows(from_look=from_look)
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            wait_for_replica(rows.find, uuid7(age=600))
        assert rows.looks == 0
