import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from service_defaults.idempotency.idempotent import idempotent
from service_defaults.idempotency.models import IdempotencyRecord
from service_defaults.idempotency.store import (
    RETENTION,
    IdempotencyKeyInFlight,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    claim,
    purge_old_records,
    read_key,
)
from service_defaults.testing import token_for
from service_defaults.tests.ids import uuid7
from service_defaults.tests.notes.models import Note
from service_defaults.tests.notes.trouble import TooLoud

Ask = Callable[..., Request]


@pytest.fixture
def ask(writer: UUID) -> Ask:
    """A request of the writer's, as a view gets it."""

    def ask(
        body: dict[str, Any] | None = None, *, key: str | None = "a-key", path: str = "/a", by: UUID = writer
    ) -> Request:
        headers = {"Authorization": f"Bearer {token_for(by)}"}
        raw = APIRequestFactory().post(path, body or {}, headers=headers)
        if key is not None:
            raw.META["HTTP_IDEMPOTENCY_KEY"] = key
        view = APIView()
        request: Request = view.initialize_request(raw)
        return request

    return ask


def _write(status: int = 201, **headers: str) -> Response:
    note = Note.objects.create(id=uuid7(), text="written")
    return Response({"id": note.id, "at": timezone.now(), "price": "1.50"}, status=status, headers=headers)


@pytest.mark.django_db
class TestOnce:
    def test_without_a_key_simply_does_it(self, ask: Ask) -> None:
        for _ in range(2):
            assert idempotent(ask(key=None), _write).status_code == 201
        assert Note.objects.count() == 2
        assert not IdempotencyRecord.objects.exists()

    def test_gives_the_first_answer_again(self, ask: Ask) -> None:
        first = idempotent(ask(), lambda: _write(202, ETag='"4"'))
        again = idempotent(ask(), _write)
        assert (again.status_code, again["ETag"]) == (202, '"4"')
        assert again.data == json.loads(JSONRenderer().render(first.data))
        assert again["Idempotent-Replayed"] == "true"
        assert not first.has_header("Idempotent-Replayed")
        assert Note.objects.count() == 1

    def test_gives_an_empty_answer_again(self, ask: Ask) -> None:
        idempotent(ask(), lambda: Response(status=204))
        again = idempotent(ask(), _write)
        assert (again.status_code, again.data, again.has_header("ETag")) == (204, None, False)

    @pytest.mark.parametrize("other", [{"key": "b-key"}, {"path": "/b"}, {"by": uuid4()}])
    def test_does_it_again_for_another_key_route_or_user(self, ask: Ask, other: dict[str, Any]) -> None:
        idempotent(ask(), _write)
        assert not idempotent(ask(**other), _write).has_header("Idempotent-Replayed")
        assert Note.objects.count() == 2

    def test_refuses_the_key_with_another_body(self, ask: Ask) -> None:
        idempotent(ask({"a": 1}), _write)
        with pytest.raises(IdempotencyKeyReused):
            idempotent(ask({"a": 2}), _write)

    def test_takes_the_same_body_in_another_order_for_the_same(self, ask: Ask) -> None:
        idempotent(ask({"a": 1, "b": {"c": 2, "d": 3}}), _write)
        assert idempotent(ask({"b": {"d": 3, "c": 2}, "a": 1}), _write)["Idempotent-Replayed"] == "true"

    def test_refuses_a_key_that_another_effect_has_claimed_and_not_answered(self, ask: Ask) -> None:
        key = read_key(ask())
        assert key
        claim(key)
        with pytest.raises(IdempotencyKeyInFlight):
            idempotent(ask(), _write)
        assert not Note.objects.exists()

    @pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\tb", "a\x7f"])
    def test_refuses_a_key_that_is_none(self, ask: Ask, key: str) -> None:
        with pytest.raises(IdempotencyKeyInvalid):
            idempotent(ask(key=key), _write)
        assert not Note.objects.exists()

    def test_takes_a_key_of_the_longest_size(self, ask: Ask) -> None:
        assert idempotent(ask(key="x" * 255), _write).status_code == 201


@pytest.mark.django_db
class TestWhatWasRefused:
    def test_leaves_nothing_behind_and_can_be_tried_again(self, ask: Ask) -> None:
        def refuse() -> Response:
            _write()
            raise TooLoud

        with pytest.raises(TooLoud):
            idempotent(ask({"a": 1}), refuse)
        assert not IdempotencyRecord.objects.exists()
        assert not Note.objects.exists()
        assert idempotent(ask({"a": 2}), _write).status_code == 201

    def test_by_an_answer_is_not_kept_either(self, ask: Ask) -> None:
        assert idempotent(ask({"a": 1}), lambda: Response(status=402)).status_code == 402
        assert not IdempotencyRecord.objects.exists()
        assert idempotent(ask({"a": 2}), _write).status_code == 201


@pytest.mark.django_db(transaction=True)
class TestTheEffect:
    def test_is_done_in_the_transaction_that_keeps_its_answer(self, ask: Ask) -> None:
        seen: list[bool] = []

        def look() -> Response:
            seen.append(connection.in_atomic_block)
            return _write()

        idempotent(ask(), look)
        idempotent(ask(key=None), look)
        assert seen == [True, True]
        assert not connection.in_atomic_block


@pytest.mark.django_db
class TestForgetOldAnswers:
    def test_forgets_them_after_a_day(self, ask: Ask) -> None:
        for key in ("old", "young"):
            idempotent(ask(key=key), _write)
        IdempotencyRecord.objects.filter(key="old").update(
            created_at=timezone.now() - RETENTION - timedelta(seconds=1)
        )
        assert purge_old_records() == 1
        assert IdempotencyRecord.objects.get().key == "young"
        idempotent(ask(key="old"), _write)
        assert Note.objects.count() == 3
