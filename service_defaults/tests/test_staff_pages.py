"""The pages of the admin: the start page, ids, and actions that survive a sign-in."""

import re
import time
from urllib.parse import quote
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client

from service_defaults.staff_pages.ids import id_range, show_ids
from service_defaults.testing import token_for
from service_defaults.tests.ids import uuid7
from service_defaults.tests.notes.models import Note

HOME = "/admin/notes/"
NOTES = "/admin/notes/notes/note/"
CONFIRM = f"{NOTES}confirm/"


def _operator(writer: UUID, *, role: str = "editor", seconds_ago: int = 0) -> Client:
    browser = Client()
    signed_in = int(time.time()) - seconds_ago
    browser.cookies["access_token"] = token_for(writer, staff=True, role=role, auth_time=signed_in)
    browser.get(f"{HOME}login/")
    return browser


@pytest.fixture
def operator(writer: UUID) -> Client:
    return _operator(writer)


@pytest.fixture
def late_operator(writer: UUID) -> Client:
    """An operator whose sign-in is an hour ago."""
    return _operator(writer, seconds_ago=3600)


@pytest.fixture
def note() -> Note:
    return Note.objects.create(id=uuid7(), text="hello")


def _page(browser: Client, address: str, **fields: str) -> str:
    answer = browser.get(address, fields)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
class TestTheStartPage:
    def test_has_numbers_that_link_to_their_lists(self, operator: Client, note: Note) -> None:
        page = _page(operator, HOME)
        assert re.search(rf'<a href="{NOTES}\?text__startswith=h"><strong>1</strong> <span>Quiet notes', page)

    def test_has_rows_and_the_tables_below_them(self, operator: Client, note: Note) -> None:
        page = _page(operator, HOME)
        assert page.index("Latest notes") < page.index("hello") < page.index(">Tables<")
        assert f'<a href="{NOTES}">Notes</a>' in page

    def test_has_no_accounts_and_groups_of_djangos(self, operator: Client) -> None:
        page = _page(operator, HOME)
        assert not admin.site.is_registered(User)
        assert not admin.site.is_registered(Group)
        assert "/auth/group/" not in page

    def test_greets_by_the_role_and_never_by_an_id(self, operator: Client, writer: UUID) -> None:
        page = _page(operator, HOME)
        assert '<span class="who">Operator (editor)</span>' in page
        assert str(writer) not in page

    def test_greets_an_operator_without_a_role(self, writer: UUID) -> None:
        assert '<span class="who">Operator</span>' in _page(_operator(writer, role=""), HOME)


@pytest.mark.django_db
class TestAnId:
    def test_is_short_in_a_list_and_whole_in_its_title(self, operator: Client, note: Note) -> None:
        page, text = _page(operator, NOTES), str(note.id)
        assert f'<span class="id" title="{text}">{text[:8]}<span class="id-rest">' in page
        assert 'data-label="Id"' in page

    def test_is_whole_on_the_rows_own_page(self, operator: Client, note: Note) -> None:
        assert f'<span class="id id-whole">{note.id}</span>' in _page(operator, f"{NOTES}{note.id}/change/")

    def test_finds_its_row_by_the_whole_or_by_the_beginning(self, operator: Client, note: Note) -> None:
        text = str(note.id)
        for term in (text, f" {text} ", text.replace("-", ""), text[:8], f"{text[:8]}…{text[-4:]}"):
            assert text in _page(operator, NOTES, q=term)
        assert text not in _page(operator, NOTES, q=str(uuid7()))

    def test_leaves_the_search_for_words_alone(self, operator: Client, note: Note) -> None:
        assert str(note.id) in _page(operator, NOTES, q="hell")

    def test_is_a_link_where_the_field_names_another_services_row(self, settings: object) -> None:
        settings.STAFF_LINKS = {"author": "/people/{}/"}  # type: ignore[attr-defined]
        text = str(uuid7())
        assert show_ids(f"<td>{text}</td>", field="author").startswith(f'<td><a href="/people/{text}/"><span')
        assert "/people/" not in show_ids(f"<td>{text}</td>", field="other")
        assert show_ids(f'<a href="/x/{text}/">{text}</a>', field="author").count("<a ") == 1

    @pytest.mark.parametrize("text", ["", "hello", "0193", "deadbeef-nothing", "x" * 32, "0" * 33])
    def test_is_not_read_out_of_other_texts(self, text: str) -> None:
        assert id_range(text) is None

    def test_gives_the_range_of_those_that_begin_with_it(self) -> None:
        assert id_range("0193AF20") == (
            UUID("0193af20-0000-0000-0000-000000000000"),
            UUID("0193af20-ffff-ffff-ffff-ffffffffffff"),
        )


@pytest.mark.django_db
class TestAnActionThatNeedsARecentSignIn:
    @staticmethod
    def choose(browser: Client, *notes: Note) -> str:
        rows = [str(note.pk) for note in notes]
        body = {"action": "rewrite", "_selected_action": rows, "text": "typed <here>"}
        return str(browser.post(NOTES, body)["Location"])

    def test_waits_for_the_sign_in_with_what_was_selected_and_typed(
        self, late_operator: Client, writer: UUID, note: Note
    ) -> None:
        assert self.choose(late_operator, note) == f"/auth/signin?next={quote(CONFIRM, safe='')}"
        late_operator.cookies["access_token"] = token_for(writer, staff=True, role="editor")
        page = _page(late_operator, CONFIRM)
        assert str(note.pk) in page
        assert 'value="typed &lt;here&gt;"' in page
        assert "Rewrite" in page
        note.refresh_from_db()
        assert note.text == "hello"

    def test_runs_once_it_is_confirmed(self, late_operator: Client, writer: UUID, note: Note) -> None:
        self.choose(late_operator, note)
        late_operator.cookies["access_token"] = token_for(writer, staff=True, role="editor")
        answer = late_operator.post(CONFIRM, {"text": "corrected"})
        assert answer["Location"] == NOTES
        note.refresh_from_db()
        assert note.text == "corrected"
        assert late_operator.get(CONFIRM)["Location"] == NOTES

    def test_is_kept_until_the_sign_in_is_recent(self, late_operator: Client, note: Note) -> None:
        self.choose(late_operator, note)
        page = _page(late_operator, CONFIRM)
        assert "Sign in again" in page
        assert ">Confirm</button>" not in page
        answer = late_operator.post(CONFIRM, {"text": "corrected"})
        assert answer["Location"].startswith("/auth/signin")
        assert 'value="corrected"' in _page(late_operator, CONFIRM)
        note.refresh_from_db()
        assert note.text == "hello"

    def test_survives_the_end_of_the_session_with_the_same_operator(
        self, late_operator: Client, writer: UUID, note: Note
    ) -> None:
        self.choose(late_operator, note)
        late_operator.cookies["access_token"] = token_for(writer, staff=True, role="editor")
        late_operator.get(f"{HOME}login/", {"next": CONFIRM})
        assert str(note.pk) in _page(late_operator, CONFIRM)

    def test_is_not_shown_to_another_operator(self, late_operator: Client, note: Note) -> None:
        self.choose(late_operator, note)
        late_operator.cookies["access_token"] = token_for(uuid7(), staff=True, role="editor")
        late_operator.get(f"{HOME}login/", {"next": CONFIRM})
        assert late_operator.get(CONFIRM)["Location"] == NOTES

    def test_is_dropped_when_it_is_cancelled(self, late_operator: Client, note: Note) -> None:
        self.choose(late_operator, note)
        assert late_operator.post(CONFIRM, {"cancel": "1"})["Location"] == NOTES
        assert late_operator.get(CONFIRM)["Location"] == NOTES

    def test_needs_the_role_when_it_is_confirmed_too(
        self, late_operator: Client, writer: UUID, note: Note
    ) -> None:
        self.choose(late_operator, note)
        late_operator.cookies["access_token"] = token_for(writer, staff=True, role="")
        late_operator.get(f"{HOME}login/", {"next": CONFIRM})
        assert late_operator.post(CONFIRM, {"text": "corrected"}).status_code == 403
        note.refresh_from_db()
        assert note.text == "hello"
