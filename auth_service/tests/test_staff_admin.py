from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from auth_service.accounts.models import Session, User
from auth_service.tests.factories import SessionFactory, UserFactory
from contracts.user import UserReinstated, UserSuspended
from service_defaults.testing import token_for
from shared_events.testing import nothing_recorded, recorded_events

HOME = "/admin/auth/"
USERS = "/admin/auth/accounts/user/"
SESSIONS = "/admin/auth/accounts/session/"


def _client(user_id: UUID, *, staff: bool) -> Client:
    client = Client()
    session = SessionFactory(user_id=user_id, user=None)
    client.cookies["access_token"] = token_for(user_id, session_id=session.id, staff=staff, role="support")
    return client


@pytest.fixture
def operator(db: None) -> User:
    return UserFactory(email="operator@example.com", is_staff=True)


@pytest.fixture
def staff_client(operator: User) -> Client:
    """A browser with the operator's session at auth's admin."""
    client = _client(operator.id, staff=True)
    client.get(f"{HOME}login/")
    return client


def _act(staff_client: Client, page: str, action: str, *rows: Any) -> str:
    body = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answer = staff_client.post(page, body, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
class TestSigningIn:
    def test_redirects_a_visitor_to_the_sign_in_page(self) -> None:
        answer = Client().get(USERS)
        assert (answer.status_code, answer["Location"]) == (302, f"{HOME}login/?next={USERS}")
        answer = Client().get(answer["Location"])
        assert answer["Location"] == "/auth/signin?next=%2Fadmin%2Fauth%2Faccounts%2Fuser%2F"

    def test_admits_an_operator(self, operator: User) -> None:
        answer = _client(operator.id, staff=True).get(USERS, follow=True)
        assert answer.status_code == 200
        assert "operator@example.com" in answer.content.decode()

    def test_sets_a_session_cookie_for_these_pages_alone(self, operator: User) -> None:
        cookie = _client(operator.id, staff=True).get(f"{HOME}login/").cookies["auth_session"]
        assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (HOME, True, "Lax")

    def test_refuses_an_ordinary_account(self, member: User) -> None:
        answer = _client(member.id, staff=False).get(USERS, follow=True)
        assert answer.status_code == 403
        assert "auth_session" not in answer.cookies

    def test_refuses_a_former_operator_with_a_staff_token(self, member: User) -> None:
        assert _client(member.id, staff=True).get(USERS, follow=True).status_code == 403

    def test_refuses_a_suspended_operator(self, operator: User, staff_client: Client) -> None:
        User.objects.update(status="suspended")
        signing_in = _client(operator.id, staff=True).get(f"{HOME}login/")
        assert signing_in["Location"].startswith("/auth/signin")
        assert staff_client.get(USERS).status_code == 302

    def test_ends_when_the_account_is_no_longer_staff(self, staff_client: Client) -> None:
        User.objects.update(is_staff=False)
        assert staff_client.get(USERS).status_code == 302

    def test_ends_for_another_account_in_the_same_browser(self, staff_client: Client, member: User) -> None:
        staff_client.cookies["access_token"] = token_for(member.id)
        assert staff_client.get(USERS).status_code == 302

    def test_offers_no_password_form(self, staff_client: Client) -> None:
        assert staff_client.get(f"{HOME}password_change/").status_code == 404


@pytest.mark.django_db
class TestSuspending:
    def test_suspends_the_selected_accounts(
        self, staff_client: Client, member: User, session: Session
    ) -> None:
        assert "1 suspended" in _act(staff_client, USERS, "suspend", member)
        member.refresh_from_db()
        session.refresh_from_db()
        assert (member.status, session.end_reason) == ("suspended", "account suspended")
        assert [type(event) for event in recorded_events()] == [UserSuspended]

    def test_is_in_the_accounts_history(self, staff_client: Client, operator: User, member: User) -> None:
        _act(staff_client, USERS, "suspend", member)
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (operator, str(member.id))
        assert "suspended" in staff_client.get(f"{USERS}{member.id}/history/").content.decode()

    def test_shows_errors_and_processes_the_others(
        self, staff_client: Client, operator: User, member: User
    ) -> None:
        page = _act(staff_client, USERS, "suspend", operator, member)
        assert "Operator@example.com: You can&#x27;t suspend your own account" in page
        assert "1 suspended" in page
        operator.refresh_from_db()
        assert operator.status == "active"

    def test_is_undone_by_reinstating(self, staff_client: Client, member: User) -> None:
        _act(staff_client, USERS, "suspend", member)
        assert "1 reinstated" in _act(staff_client, USERS, "reinstate", member)
        assert type(recorded_events()[-1]) is UserReinstated
        with nothing_recorded():
            assert "The account is not suspended" in _act(staff_client, USERS, "reinstate", member)

    def test_needs_the_forms_token(self, operator: User, member: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.cookies["access_token"] = token_for(operator.id, staff=True)
        client.get(f"{HOME}login/")
        answer = client.post(USERS, {"action": "suspend", "_selected_action": [str(member.id)]})
        assert answer.status_code == 403
        member.refresh_from_db()
        assert member.status == "active"

    def test_is_refused_to_an_ordinary_account(self, member: User) -> None:
        client = _client(member.id, staff=False)
        client.post(USERS, {"action": "suspend", "_selected_action": [str(member.id)]})
        member.refresh_from_db()
        assert member.status == "active"


@pytest.mark.django_db
class TestEndingASession:
    def test_ends_the_selected_one(self, staff_client: Client, session: Session) -> None:
        other = SessionFactory(user=session.user)
        assert "1 ended" in _act(staff_client, SESSIONS, "end", session)
        session.refresh_from_db()
        other.refresh_from_db()
        assert (session.end_reason, other.end_reason) == ("ended by an operator", "")


@pytest.mark.django_db
class TestTheAdmin:
    @pytest.fixture(params=["user", "session"])
    def row(self, request: pytest.FixtureRequest, session: Session) -> str:
        return f"{USERS}{session.user_id}" if request.param == "user" else f"{SESSIONS}{session.id}"

    def test_shows_a_row_and_offers_no_way_to_edit_it(self, staff_client: Client, row: str) -> None:
        answer = staff_client.get(f"{row}/change/")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'name="_save"' not in page
        assert 'type="text"' not in page
        assert "deletelink" not in page

    def test_changes_nothing_by_a_form(self, staff_client: Client, row: str, member: User) -> None:
        body = {
            "email": "mine@example.com",
            "is_staff": "on",
            "status": "suspended",
            "end_reason": "signed out",
        }
        assert staff_client.post(f"{row}/change/", body).status_code == 403
        assert staff_client.post(f"{row}/delete/", {"post": "yes"}).status_code == 403
        member.refresh_from_db()
        assert (member.email, member.is_staff, member.status) == ("member@example.com", False, "active")
        assert not Session.objects.exclude(end_reason="").exists()

    @pytest.mark.parametrize("page", [USERS, SESSIONS])
    def test_adds_and_deletes_nothing(self, staff_client: Client, page: str, session: Session) -> None:
        assert staff_client.get(f"{page}add/").status_code == 403
        assert "delete_selected" not in staff_client.get(page).content.decode()
        _act(staff_client, page, "delete_selected", session if page == SESSIONS else session.user)
        assert Session.objects.filter(user__email="member@example.com").exists()

    def test_shows_no_secret(self, staff_client: Client, session: Session) -> None:
        pages = [USERS, SESSIONS, f"{USERS}{session.user_id}/change/", f"{SESSIONS}{session.id}/change/"]
        shown = "".join(staff_client.get(page).content.decode() for page in pages)
        assert "argon2" not in shown
        assert str(session.refresh_id) not in shown
        assert session.refresh_id.hex not in shown

    @pytest.mark.parametrize("typed", ["member@", "MEMBER@Example.com"])
    def test_finds_an_account_by_the_beginning_of_its_address(
        self, staff_client: Client, member: User, typed: str
    ) -> None:
        page = staff_client.get(USERS, {"q": typed}).content.decode()
        assert "1 user" in page
        assert str(member.id) in page

    @pytest.mark.parametrize("page", [USERS, SESSIONS])
    def test_finds_a_row_by_the_beginning_of_its_id(
        self, staff_client: Client, session: Session, page: str
    ) -> None:
        row = session if page == SESSIONS else session.user
        assert str(row.pk) in staff_client.get(page, {"q": str(row.pk).upper()}).content.decode()

    @pytest.mark.parametrize("page", [USERS, SESSIONS])
    @pytest.mark.parametrize("query", ["q=%00", "q=%25_", "p=-1", "o=99", "id__exact=nonsense", "e=1"])
    def test_handles_an_invalid_query(self, staff_client: Client, page: str, query: str) -> None:
        assert staff_client.get(f"{page}?{query}", follow=True).status_code in {200, 400}

    def test_links_an_account_to_its_sessions(self, staff_client: Client, session: Session) -> None:
        link = f"{SESSIONS}?q={session.user_id}"
        assert link in staff_client.get(f"{USERS}{session.user_id}/change/").content.decode()
        assert str(session.id) in staff_client.get(link).content.decode()


@pytest.mark.django_db
class TestTheStartPage:
    def test_greets_the_operator_by_their_address(self, staff_client: Client, operator: User) -> None:
        page = staff_client.get(HOME).content.decode()
        assert f'<span class="who">{operator.email}</span>' in page
        assert str(operator.id) not in page[: page.index("</header>")]

    def test_counts_suspended_accounts_and_links_to_them(self, staff_client: Client, member: User) -> None:
        _act(staff_client, USERS, "suspend", member)
        page = staff_client.get(HOME).content.decode()
        assert f'<a href="{USERS}?status__exact=suspended"><strong>1</strong>' in page
        assert page.index("Suspended accounts") < page.index(member.email)
        listed = staff_client.get(f"{USERS}?status__exact=suspended").content.decode()
        assert (member.email in listed, str(member.id) in listed) == (True, True)

    def test_counts_live_sessions_and_links_to_them(self, staff_client: Client, session: Session) -> None:
        page = staff_client.get(HOME).content.decode()
        assert f'<a href="{SESSIONS}?state=live"><strong>2</strong>' in page
        _act(staff_client, SESSIONS, "end", session)
        page = staff_client.get(f"{SESSIONS}?state=live").content.decode()
        assert session.user.email not in page


@pytest.mark.django_db
class TestAnAccount:
    def test_is_found_by_its_address_or_id(self, staff_client: Client, member: User) -> None:
        for term in (member.email.upper(), str(member.id), str(member.id)[:8]):
            assert member.email in staff_client.get(USERS, {"q": term}).content.decode()
        assert member.email not in staff_client.get(USERS, {"q": "nobody@"}).content.decode()

    def test_is_who_the_history_names(self, staff_client: Client, operator: User, member: User) -> None:
        _act(staff_client, USERS, "suspend", member)
        assert operator.email in staff_client.get(f"{USERS}{member.id}/history/").content.decode()
