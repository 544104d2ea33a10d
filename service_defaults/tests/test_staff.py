from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from service_defaults import staff, tokens
from service_defaults.revocation import operations as revocation
from service_defaults.staff import StaffBackend
from service_defaults.testing import token_for
from service_defaults.tests.ids import uuid7
from service_defaults.tests.notes.models import Note

HOME = "/admin/notes/"
NOTES = "/admin/notes/notes/note/"


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.fixture
def operator(browser: Client, writer: UUID) -> Client:
    """A browser with an operator's session at this service's admin."""
    browser.cookies["access_token"] = token_for(writer, staff=True, role="editor")
    browser.get(f"{HOME}login/")
    return browser


def _login(browser: Client, page: str = "") -> HttpResponse:
    return browser.get(f"{HOME}login/", {"next": page} if page else {})


@pytest.mark.django_db
class TestSigningIn:
    def test_redirects_an_anonymous_visitor_to_the_sign_in_page(self, browser: Client) -> None:
        answer = browser.get(NOTES, follow=True)
        # The last page is the frontend's, not of this service.
        address = urlsplit(answer.redirect_chain[-1][0])
        assert address.path == "/auth/signin"
        assert parse_qs(address.query) == {"next": [NOTES]}

    @pytest.mark.parametrize("token", ["nonsense", "expired"])
    def test_redirects_an_invalid_cookie_to_the_sign_in_page(
        self, browser: Client, writer: UUID, token: str
    ) -> None:
        browser.cookies["access_token"] = (
            token_for(writer, staff=True, lasts=-60) if token == "expired" else token
        )
        assert _login(browser)["Location"].startswith("/auth/signin?next=")

    def test_opens_a_session_for_an_operator_and_shows_the_page(self, browser: Client, writer: UUID) -> None:
        browser.cookies["access_token"] = token_for(writer, staff=True)
        answer = browser.get(NOTES, follow=True)
        assert answer.status_code == 200
        assert answer.request["PATH_INFO"] == NOTES
        account = get_user_model().objects.get()
        assert (account.username, account.is_staff, account.is_superuser) == (str(writer), True, False)
        assert not account.has_usable_password()

    def test_sets_cookies_of_this_service_alone(self, operator: Client) -> None:
        session = operator.cookies["notes_session"]
        assert (session["path"], session["httponly"], session["max-age"]) == (HOME, True, 1800)
        assert session["samesite"] == "Lax"

    def test_creates_one_account_for_several_sign_ins(self, operator: Client) -> None:
        _login(operator)
        assert get_user_model().objects.count() == 1

    def test_refuses_an_ordinary_account_with_a_page(self, browser: Client, writer: UUID) -> None:
        browser.cookies["access_token"] = token_for(writer)
        answer = _login(browser)
        assert (answer.status_code, answer["Content-Type"]) == (403, "text/html; charset=utf-8")
        assert b"for operators" in answer.content
        assert not get_user_model().objects.exists()

    def test_ends_with_the_operators_session_at_auth(self, operator: Client, writer: UUID) -> None:
        del operator.cookies["access_token"]
        assert operator.get(NOTES).status_code == 200
        revocation.revoke_user_tokens(user_id=writer, version=1, suspended=True, not_before=timezone.now())
        assert operator.get(NOTES).status_code == 302

    def test_redirects_a_revoked_token_to_the_sign_in_page(self, browser: Client, writer: UUID) -> None:
        browser.cookies["access_token"] = token_for(writer, staff=True, session_id=(session := uuid7()))
        revocation.end_session(session_id=session, ended_at=timezone.now())
        assert _login(browser)["Location"].startswith("/auth/signin?next=")

    def test_refuses_an_account_that_is_inactive_here(self, operator: Client) -> None:
        get_user_model().objects.update(is_active=False)
        assert _login(operator).status_code == 403
        assert operator.get(NOTES).status_code == 302

    @pytest.mark.parametrize(
        "page",
        [
            "https://elsewhere.test/admin/notes/",
            "//elsewhere.test/admin/notes/",
            "/auth/signout",
            "/admin/others/",
            "x",
        ],
    )
    def test_never_redirects_to_another_site_or_service(self, operator: Client, page: str) -> None:
        assert _login(operator, page)["Location"] == HOME

    def test_redirects_to_the_requested_page(self, operator: Client) -> None:
        assert _login(operator, f"{NOTES}?p=1")["Location"] == f"{NOTES}?p=1"


@pytest.mark.django_db
class TestASession:
    def test_outlives_the_access_token(self, operator: Client) -> None:
        del operator.cookies["access_token"]
        assert operator.get(NOTES).status_code == 200

    def test_ends_for_another_user_who_signs_in_on_this_browser(self, operator: Client) -> None:
        operator.cookies["access_token"] = token_for(uuid4(), staff=True)
        assert operator.get(NOTES).status_code == 302

    def test_ends_when_the_account_is_no_longer_an_operators(self, operator: Client, writer: UUID) -> None:
        operator.cookies["access_token"] = token_for(writer, staff=False)
        assert operator.get(NOTES).status_code == 302
        assert _login(operator).status_code == 403

    def test_is_ended_by_signing_out(self, operator: Client) -> None:
        answer = operator.post(f"{HOME}logout/")
        assert (answer.status_code, answer["Location"]) == (302, "/auth/signout")
        del operator.cookies["access_token"]
        assert operator.get(NOTES).status_code == 302

    def test_is_not_ended_by_a_link(self, operator: Client) -> None:
        operator.get(f"{HOME}logout/")
        assert operator.get(NOTES).status_code == 200

    def test_refuses_a_form_from_another_site(self, writer: UUID) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.cookies["access_token"] = token_for(writer, staff=True)
        _login(browser)
        assert browser.post(f"{HOME}logout/", headers={"Origin": "https://elsewhere.test"}).status_code == 403
        assert browser.get(NOTES).status_code == 200


@pytest.mark.django_db
class TestAnOperator:
    def test_sees_every_list_and_every_row(self, operator: Client) -> None:
        note = Note.objects.create(id=uuid7(), text="hello")
        assert b"Notes operations" in operator.get(HOME).content
        assert b"hello" in operator.get(NOTES).content
        page = operator.get(f"{NOTES}{note.id}/change/")
        assert page.status_code == 200
        assert b'name="_save"' not in page.content

    def test_edits_nothing_by_hand(self, operator: Client) -> None:
        note = Note.objects.create(id=uuid7(), text="hello")
        assert operator.get(f"{NOTES}add/").status_code == 403
        assert operator.post(f"{NOTES}{note.id}/change/", {"text": "bye"}).status_code == 403
        assert operator.post(f"{NOTES}{note.id}/delete/", {"post": "yes"}).status_code == 403
        note.refresh_from_db()
        assert note.text == "hello"

    def test_changes_no_password_here(self, operator: Client) -> None:
        assert operator.get(f"{HOME}password_change/").status_code == 404

    def test_acts_by_operations_and_sees_each_result(self, operator: Client) -> None:
        quiet, loud = (Note.objects.create(id=uuid7(), text=text) for text in ("hello", "HEY"))
        body = {"action": "louder", "_selected_action": [str(quiet.id), str(loud.id)]}
        page = operator.post(NOTES, body, follow=True).content.decode()
        assert "1 made louder" in page
        assert "HEY: It is loud already" in page
        for note in (quiet, loud):
            note.refresh_from_db()
        assert (quiet.text, quiet.version) == ("HELLO", 2)
        # The operation had written before it refused.
        assert (loud.text, loud.version) == ("HEY", 1)

    @pytest.mark.parametrize("role", ["", "another"])
    def test_acts_in_a_role_that_the_admin_names_alone(
        self, browser: Client, writer: UUID, role: str
    ) -> None:
        note = Note.objects.create(id=uuid7(), text="hello")
        browser.cookies["access_token"] = token_for(writer, staff=True, role=role)
        _login(browser)
        assert b'value="louder"' not in browser.get(NOTES).content
        browser.post(NOTES, {"action": "louder", "_selected_action": [str(note.id)]})
        note.refresh_from_db()
        assert note.text == "hello"

    def test_is_named_in_the_history_of_a_changed_row(self, operator: Client, writer: UUID) -> None:
        note = Note.objects.create(id=uuid7(), text="hello")
        operator.post(NOTES, {"action": "louder", "_selected_action": [str(note.id)]})
        entry = LogEntry.objects.get()
        assert (entry.user.username, entry.object_id, entry.change_message) == (
            str(writer),
            str(note.id),
            "made louder",
        )


@pytest.mark.django_db
class TestTheBackend:
    def test_accepts_no_password(self) -> None:
        get_user_model().objects.create_user("member", password="a password", is_staff=True)
        assert StaffBackend().authenticate(None, username="member", password="a password") is None

    def test_grants_viewing_alone(self, writer: UUID) -> None:
        account = StaffBackend().authenticate(None, claims=tokens.verify(token_for(writer, staff=True)))
        assert account.has_perm("notes.view_note")
        assert account.has_module_perms("notes")
        for verb in ("add", "change", "delete"):
            assert not account.has_perm(f"notes.{verb}_note")

    def test_grants_an_ordinary_account_nothing(self) -> None:
        account = get_user_model().objects.create_user("member")
        for user in (account, AnonymousUser()):
            assert not StaffBackend().has_perm(user, "notes.view_note")
            assert not StaffBackend().has_module_perms(user, "notes")
        assert StaffBackend().get_user(account.pk) is None


class TestTheSite:
    def test_is_the_default_site(self) -> None:
        assert staff.site is admin.site
        assert isinstance(admin.site, staff.StaffSite)
        assert admin.site.is_registered(Note)
