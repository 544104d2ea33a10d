import pytest
from django.test import RequestFactory
from rest_framework.test import APIClient

from service_defaults.conditional import ChangedMeanwhile, etag_for, not_modified, require_match
from service_defaults.tests.ids import uuid7
from service_defaults.tests.notes.models import Note


def _request(**headers: str):
    return RequestFactory().get(
        "/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


class TestNotModified:
    @pytest.mark.parametrize("known", ['"7"', 'W/"7"', '"6", "7"', "*"])
    def test_is_true_for_this_version(self, known: str) -> None:
        assert not_modified(_request(If_None_Match=known), etag_for(7))

    @pytest.mark.parametrize("known", ['"6"', 'W/"77"', "7", "", '"'])
    def test_is_false_for_another_version(self, known: str) -> None:
        assert not not_modified(_request(If_None_Match=known), etag_for(7))

    def test_is_false_without_the_header(self) -> None:
        assert not not_modified(_request(), etag_for(7))


class TestRequireMatch:
    @pytest.mark.parametrize(
        "headers", [{}, {"If_Match": '"7"'}, {"If_Match": '"6", "7"'}, {"If_Match": "*"}]
    )
    def test_accepts_the_current_version(self, headers: dict[str, str]) -> None:
        require_match(_request(**headers), etag_for(7))

    @pytest.mark.parametrize("expected", ['"6"', "7", 'W/"7"', "nonsense", ""])
    def test_refuses_any_other(self, expected: str) -> None:
        with pytest.raises(ChangedMeanwhile):
            require_match(_request(If_Match=expected), etag_for(7))


@pytest.mark.django_db
class TestARow:
    def test_is_sent_once_then_not_modified(self, signed_in: APIClient) -> None:
        note = Note.objects.create(id=uuid7(), text="hello", version=3)
        first = signed_in.get(f"/api/notes/{note.id}")
        assert (first.status_code, first["ETag"], first["Cache-Control"]) == (200, '"3"', "private, no-cache")
        again = signed_in.get(f"/api/notes/{note.id}", headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", '"3"')

    def test_that_has_changed_is_412(self, signed_in: APIClient) -> None:
        note = Note.objects.create(id=uuid7(), text="hello", version=3)
        answer = signed_in.get(f"/api/notes/{note.id}", headers={"If-Match": '"2"'})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (412, "changed-meanwhile")
