import re
from urllib.parse import parse_qs, urlsplit

import pytest
from rest_framework.test import APIClient

from service_defaults.testing import ORIGIN
from service_defaults.tests.ids import uuid7
from service_defaults.tests.notes.models import Note


def _write(count: int) -> list[str]:
    """Create that many notes; return their texts, newest first."""
    texts = [f"note {number}" for number in range(count)]
    Note.objects.bulk_create(
        Note(id=uuid7(age=count - number), text=text) for number, text in enumerate(texts)
    )
    return texts[::-1]


def _next(answer) -> str:
    """The address of the next page, blank on the last one."""
    link = re.fullmatch(r'<(?P<address>[^>]+)>; rel="next"', answer.get("Link", ""))
    return link["address"] if link else ""


def _texts(answer) -> list[str]:
    assert answer.status_code == 200
    return [note["text"] for note in answer.json()]


@pytest.mark.django_db
class TestPages:
    def test_give_every_row_once_newest_first(self, signed_in: APIClient) -> None:
        texts, seen, address = _write(7), [], "/api/notes?limit=3"
        while address:
            answer = signed_in.get(address)
            seen.append(_texts(answer))
            address = _next(answer)
        assert seen == [texts[:3], texts[3:6], texts[6:]]

    def test_have_no_link_to_an_empty_page(self, signed_in: APIClient) -> None:
        _write(3)
        assert not _next(signed_in.get("/api/notes?limit=3"))
        assert _next(signed_in.get("/api/notes?limit=2"))

    def test_of_nothing_are_an_empty_array(self, signed_in: APIClient) -> None:
        answer = signed_in.get("/api/notes")
        assert (answer.json(), _next(answer)) == ([], "")

    def test_are_stable_while_rows_are_added(self, signed_in: APIClient) -> None:
        texts = _write(4)
        following = _next(signed_in.get("/api/notes?limit=2"))
        Note.objects.create(id=uuid7(), text="just now")
        assert _texts(signed_in.get(following)) == texts[2:]

    def test_have_twenty_rows_and_never_more_than_a_hundred(self, signed_in: APIClient) -> None:
        texts = _write(101)
        assert _texts(signed_in.get("/api/notes")) == texts[:20]
        assert _texts(signed_in.get("/api/notes?limit=")) == texts[:20]
        assert _texts(signed_in.get("/api/notes?limit=1000")) == texts[:100]

    def test_link_to_the_public_origin_with_the_whole_query(self, signed_in: APIClient) -> None:
        _write(2)
        following = urlsplit(_next(signed_in.get("/api/notes?limit=1&q=a+b%26c")))
        assert f"{following.scheme}://{following.netloc}{following.path}" == f"{ORIGIN}/api/notes"
        query = parse_qs(following.query)
        assert (query["limit"], query["q"], len(query["cursor"])) == (["1"], ["a b&c"], 1)


class TestAPage:
    @pytest.mark.parametrize("limit", ["0", "-1", "1.5", "many", "%D9%A3", "1 ", "9" * 5000])
    def test_refuses_a_limit_that_is_no_whole_number(self, signed_in: APIClient, limit: str) -> None:
        answer = signed_in.get(f"/api/notes?limit={limit}")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "limit"

    @pytest.mark.parametrize("cursor", ["x", "nonsense", "AAAA", "%00", "%C3%A9", "A" * 23, "=" * 22])
    def test_refuses_a_cursor_that_it_did_not_make(self, signed_in: APIClient, cursor: str) -> None:
        answer = signed_in.get(f"/api/notes?cursor={cursor}")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "cursor"
