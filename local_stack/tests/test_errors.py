"""An error without a text is still reported: it must not look like "nothing is wrong", nor end the caller."""

from typing import Any

import psycopg
import pytest

from local_stack.backing import postgres
from tests.chaos import run


@pytest.fixture
def _mute_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise psycopg.OperationalError

    monkeypatch.setattr(psycopg, "connect", refuse)


@pytest.mark.usefixtures("_mute_database")
class TestADatabaseThatSaysNothing:
    def test_is_named_by_the_probe_of_the_server(self) -> None:
        assert postgres.answers("postgres://nowhere") == "OperationalError"

    def test_does_not_count_as_quiet_in_a_drill(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(stack: object) -> str:
            raise psycopg.OperationalError

        monkeypatch.setattr(run, "pending_work", fail)
        assert run._pending_work(object()) == "OperationalError"  # type: ignore[arg-type]
