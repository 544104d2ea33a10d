import time
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from service_defaults import just_made
from service_defaults.just_made import find_just_made
from service_defaults.tests.ids import uuid7


class Shelf:
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
    monkeypatch.setattr(just_made, "PATIENCE", 0.1)


@pytest.mark.django_db
class TestFindJustMade:
    def test_gives_what_is_there_at_the_first_look(self) -> None:
        shelf = Shelf(from_look=1)
        assert find_just_made(shelf.find, uuid4()) == "a book"
        assert shelf.looks == 1

    def test_waits_for_a_young_id(self) -> None:
        shelf = Shelf(from_look=3)
        assert find_just_made(shelf.find, uuid7()) == "a book"
        assert shelf.looks == 3

    def test_waits_for_one_from_a_clock_that_is_ahead(self) -> None:
        assert find_just_made(Shelf(from_look=2).find, uuid7(age=-5)) == "a book"

    @pytest.mark.usefixtures("impatient")
    def test_gives_up_after_a_while(self) -> None:
        shelf, started = Shelf(from_look=None), time.monotonic()
        assert find_just_made(shelf.find, uuid7()) is None
        assert shelf.looks > 1
        assert time.monotonic() - started >= 0.1

    @pytest.mark.parametrize(
        "id", [uuid7(age=600), uuid7(age=-600), uuid4(), UUID(int=0), UUID(int=(1 << 128) - 1)], ids=str
    )
    def test_does_not_wait_for_another(self, id: UUID) -> None:
        shelf = Shelf(from_look=2)
        assert find_just_made(shelf.find, id) is None
        assert shelf.looks == 1

    def test_stops_waiting_when_the_id_is_no_longer_young(self) -> None:
        shelf = Shelf(from_look=None)
        started = time.monotonic()
        assert find_just_made(shelf.find, uuid7(age=just_made.YOUNG - 0.1)) is None
        assert time.monotonic() - started < just_made.PATIENCE

    @pytest.mark.parametrize("from_look", [1, None])
    def test_refuses_to_run_inside_a_transaction(self, from_look: int | None) -> None:
        shelf = Shelf(from_look=from_look)
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            find_just_made(shelf.find, uuid7(age=600))
        assert shelf.looks == 0
