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
from service_defaults.tests.notes.failing_views import TooLoud
from service_defaults.tests.notes.models import Note

MakeRequest = Callable[..., Request]


@pytest.fixture
def make_request(writer: UUID) -> MakeRequest:
    """Make a request of the writer's, as a view receives it."""

    def make(
        body: dict[str, Any] | None = None, *, key: str | None = "a-key", path: str = "/a", by: UUID = writer
    ) -> Request:
        headers = {"Authorization": f"Bearer {token_for(by)}"}
        raw = APIRequestFactory().post(path, body or {}, headers=headers)
        if key is not None:
            raw.META["HTTP_IDEMPOTENCY_KEY"] = key
        view = APIView()
        request: Request = view.initialize_request(raw)
        return request

    return make


def _write(status: int = 201, **headers: str) -> Response:
    note = Note.objects.create(id=uuid7(), text="written")
    return Response({"id": note.id, "at": timezone.now(), "price": "1.50"}, status=status, headers=headers)


@pytest.mark.django_db
class TestIdempotent:
    def test_without_a_key_runs_the_effect_each_time(self, make_request: MakeRequest) -> None:
        for _ in range(2):
            assert idempotent(make_request(key=None), _write).status_code == 201
        assert Note.objects.count() == 2
        assert not IdempotencyRecord.objects.exists()

    def test_replays_the_first_response(self, make_request: MakeRequest) -> None:
        first = idempotent(make_request(), lambda: _write(202, ETag='"4"'))
        again = idempotent(make_request(), _write)
        assert (again.status_code, again["ETag"]) == (202, '"4"')
        assert again.data == json.loads(JSONRenderer().render(first.data))
        assert again["Idempotent-Replayed"] == "true"
        assert not first.has_header("Idempotent-Replayed")
        assert Note.objects.count() == 1

    def test_replays_an_empty_response(self, make_request: MakeRequest) -> None:
        idempotent(make_request(), lambda: Response(status=204))
        again = idempotent(make_request(), _write)
        assert (again.status_code, again.data, again.has_header("ETag")) == (204, None, False)

    @pytest.mark.parametrize("other", [{"key": "b-key"}, {"path": "/b"}, {"by": uuid4()}])
    def test_runs_the_effect_for_another_key_route_or_user(
        self, make_request: MakeRequest, other: dict[str, Any]
    ) -> None:
        idempotent(make_request(), _write)
        assert not idempotent(make_request(**other), _write).has_header("Idempotent-Replayed")
        assert Note.objects.count() == 2

    def test_refuses_the_key_with_another_body(self, make_request: MakeRequest) -> None:
        idempotent(make_request({"a": 1}), _write)
        with pytest.raises(IdempotencyKeyReused):
            idempotent(make_request({"a": 2}), _write)

    def test_accepts_the_same_body_in_another_order(self, make_request: MakeRequest) -> None:
        idempotent(make_request({"a": 1, "b": {"c": 2, "d": 3}}), _write)
        assert (
            idempotent(make_request({"b": {"d": 3, "c": 2}, "a": 1}), _write)["Idempotent-Replayed"] == "true"
        )

    def test_refuses_a_key_that_is_in_flight(self, make_request: MakeRequest) -> None:
        key = read_key(make_request())
        assert key
        claim(key)
        with pytest.raises(IdempotencyKeyInFlight):
            idempotent(make_request(), _write)
        assert not Note.objects.exists()

    @pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\tb", "a\x7f"])
    def test_refuses_an_invalid_key(self, make_request: MakeRequest, key: str) -> None:
        with pytest.raises(IdempotencyKeyInvalid):
            idempotent(make_request(key=key), _write)
        assert not Note.objects.exists()

    def test_takes_a_key_of_the_longest_size(self, make_request: MakeRequest) -> None:
        assert idempotent(make_request(key="x" * 255), _write).status_code == 201


@pytest.mark.django_db
class TestAFailedEffect:
    def test_leaves_nothing_behind_and_can_be_retried(self, make_request: MakeRequest) -> None:
        def refuse() -> Response:
            _write()
            raise TooLoud

        with pytest.raises(TooLoud):
            idempotent(make_request({"a": 1}), refuse)
        assert not IdempotencyRecord.objects.exists()
        assert not Note.objects.exists()
        assert idempotent(make_request({"a": 2}), _write).status_code == 201

    def test_whose_response_is_no_success_is_not_stored(self, make_request: MakeRequest) -> None:
        assert idempotent(make_request({"a": 1}), lambda: Response(status=402)).status_code == 402
        assert not IdempotencyRecord.objects.exists()
        assert idempotent(make_request({"a": 2}), _write).status_code == 201


@pytest.mark.django_db(transaction=True)
class TestTheEffect:
    def test_is_run_in_the_transaction_that_stores_its_response(self, make_request: MakeRequest) -> None:
        seen: list[bool] = []

        def look() -> Response:
            seen.append(connection.in_atomic_block)
            return _write()

        idempotent(make_request(), look)
        idempotent(make_request(key=None), look)
        assert seen == [True, True]
        assert not connection.in_atomic_block


@pytest.mark.django_db
class TestPurgeOldRecords:
    def test_deletes_them_after_a_day(self, make_request: MakeRequest) -> None:
        for key in ("old", "young"):
            idempotent(make_request(key=key), _write)
        IdempotencyRecord.objects.filter(key="old").update(
            created_at=timezone.now() - RETENTION - timedelta(seconds=1)
        )
        assert purge_old_records() == 1
        assert IdempotencyRecord.objects.get().key == "young"
        idempotent(make_request(key="old"), _write)
        assert Note.objects.count() == 3
