"""An effect that takes several transactions takes effect once per key, wherever its request ends."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from service_defaults.idempotency.idempotent import idempotent_process
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.idempotency.store import (
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    Key,
    claim_new,
    complete,
    release,
)
from service_defaults.testing import token_for
from service_defaults.tests.ids import uuid7
from service_defaults.tests.notes.failing_views import TooLoud
from service_defaults.tests.notes.models import Note

pytestmark = pytest.mark.django_db


class Crash(Exception):
    """The request's process is gone."""


class Printing:
    """Prints a note: writes it, calls a printer outside of transactions, writes what came of it."""

    def __init__(self) -> None:
        self.printed: list[UUID] = []
        self.notes: dict[int, Note] = {}
        self.crashes_before = self.crashes_after = self.is_refused = self.is_overtaken = False

    def run(self, key: Key | None) -> Note:
        with transaction.atomic():
            record = claim_new(key)
            note = Note.objects.create(id=uuid7(), text="begun")
        if record is not None:
            self.notes[record.pk] = note
        if self.crashes_before:
            raise Crash
        if not self.is_refused:
            self.printed.append(note.id)
        if self.crashes_after:
            raise Crash
        if self.is_overtaken:
            return note
        self._end(note, record)
        if self.is_refused:
            raise TooLoud
        return note

    def resume(self, record: IdempotencyRecord) -> None:
        """The printer's own list says whether it printed the note."""
        if record.pk in self.notes and not self.crashes_before and not self.crashes_after:
            note = self.notes[record.pk]
            self.is_refused = note.id not in self.printed
            self._end(note, record)
            self.is_refused = False

    def get_result(self, record: IdempotencyRecord) -> Note:
        return self.notes[record.pk]

    def is_complete(self, note: Note) -> bool:
        return note.text != "begun"

    def _end(self, note: Note, record: IdempotencyRecord | None) -> None:
        note.text = "refused" if self.is_refused else "printed"
        with transaction.atomic():
            note.save()
            if record is not None and self.is_refused:
                release(record)
            elif record is not None:
                complete(record)


@pytest.fixture
def printing() -> Printing:
    return Printing()


@pytest.fixture
def send(writer: UUID, printing: Printing) -> Any:
    """`send(body, key=…, status=…)`: the answer to a request of the writer's."""

    def send(body: dict[str, Any] | None = None, *, key: str | None = "a-key", status: int = 201) -> Response:
        raw = APIRequestFactory().post(
            "/a", body or {}, headers={"Authorization": f"Bearer {token_for(writer)}"}
        )
        if key is not None:
            raw.META["HTTP_IDEMPOTENCY_KEY"] = key
        request: Request = APIView().initialize_request(raw)
        return idempotent_process(request, printing, lambda note: Response({"id": note.id}, status=status))

    return send


def is_replay(answer: Response) -> bool:
    return answer.has_header("Idempotent-Replayed")


class TestAProcess:
    def test_without_a_key_simply_runs(self, send: Any, printing: Printing) -> None:
        for _ in range(2):
            assert send(key=None).status_code == 201
        assert len(printing.printed) == 2
        assert not IdempotencyRecord.objects.exists()

    def test_is_answered_again_by_its_first_answer(self, send: Any, printing: Printing) -> None:
        first, again = send(), send()
        assert (again.status_code, is_replay(first), is_replay(again)) == (201, False, True)
        assert again.data == json.loads(JSONRenderer().render(first.data))
        assert len(printing.printed) == 1

    def test_refuses_the_key_with_another_body(self, send: Any) -> None:
        send({"a": 1})
        with pytest.raises(IdempotencyKeyReused):
            send({"a": 2})

    def test_keeps_only_a_success(self, send: Any, printing: Printing) -> None:
        printing.is_refused = True
        with pytest.raises(TooLoud):
            send({"a": 1})
        assert not IdempotencyRecord.objects.exists()
        printing.is_refused = False
        assert not is_replay(send({"a": 2}))

    def test_keeps_no_result_that_is_none_yet(self, send: Any, printing: Printing) -> None:
        printing.is_overtaken = True
        assert send().status_code == 201
        assert IdempotencyRecord.objects.get().is_in_flight

    def test_stores_no_answer_that_is_no_success(self, send: Any) -> None:
        assert send(status=402).status_code == 402
        assert IdempotencyRecord.objects.get().body is None


class TestAKeyInFlight:
    @pytest.mark.parametrize("moment", ["crashes_before", "crashes_after"])
    def test_is_refused_while_its_process_is_at_work(
        self, send: Any, printing: Printing, moment: str
    ) -> None:
        setattr(printing, moment, True)
        with pytest.raises(Crash):
            send()
        with pytest.raises(IdempotencyKeyInFlight):
            send()

    def test_is_completed_by_the_next_request_after_a_crash_behind_the_effect(
        self, send: Any, printing: Printing
    ) -> None:
        printing.crashes_after = True
        with pytest.raises(Crash):
            send()
        printing.crashes_after = False
        answers = [send(), send()]
        assert [is_replay(answer) for answer in answers] == [True, True]
        assert [answer.data for answer in answers] == [{"id": str(printing.printed[0])}] * 2
        assert len(printing.printed) == 1

    def test_is_free_after_a_crash_before_the_effect(self, send: Any, printing: Printing) -> None:
        printing.crashes_before = True
        with pytest.raises(Crash):
            send()
        printing.crashes_before = False
        assert not is_replay(send())
        assert len(printing.printed) == 1

    def test_that_another_request_completes_meanwhile_is_replayed(
        self, send: Any, printing: Printing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = printing.run

        def run_after_another(key: Key | None) -> Note:
            monkeypatch.setattr(printing, "run", real)
            send()
            return real(key)

        monkeypatch.setattr(printing, "run", run_after_another)
        assert is_replay(send())
        assert len(printing.printed) == 1
