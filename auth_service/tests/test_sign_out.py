import pytest
from rest_framework.test import APIClient

from auth_service.accounts.models import Session
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import SessionFactory
from service_defaults.testing import token_for

ELSEWHERE = {"Origin": "https://evil.example"}


def _is_live(session: Session) -> bool:
    session.refresh_from_db()
    return session.ended_at is None


@pytest.mark.django_db
class TestSignOut:
    def test_ends_the_session_on_the_server(self, browser: APIClient, session: Session) -> None:
        kept = pair_for(session)
        answer = browser.post("/api/users/signout", {})
        assert (answer.status_code, answer.json()) == (200, {})
        assert not _is_live(session)
        assert session.end_reason == "signed out"
        browser.cookies["access_token"], browser.cookies["refresh_token"] = kept.access, kept.refresh
        assert browser.get("/api/users/currentuser").json() == {"currentUser": None}
        assert browser.post("/api/users/refresh").status_code == 401

    def test_clears_both_cookies_where_they_were_set(self, browser: APIClient) -> None:
        cookies = browser.post("/api/users/signout", {}).cookies
        assert set(cookies) == {"access_token", "refresh_token"}
        for cookie in cookies.values():
            assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", 0, "/")

    def test_leaves_the_accounts_other_sessions_alone(self, browser: APIClient, session: Session) -> None:
        other = SessionFactory(user=session.user)
        browser.post("/api/users/signout", {})
        assert _is_live(other)

    def test_needs_no_access_token_while_there_is_a_refresh_token(
        self, browser: APIClient, session: Session
    ) -> None:
        del browser.cookies["access_token"]
        assert browser.post("/api/users/signout", {}).status_code == 200
        assert not _is_live(session)

    def test_ends_the_session_of_an_expired_access_token(self, browser: APIClient, session: Session) -> None:
        browser.cookies["access_token"] = token_for(session.user_id, session_id=session.id, lasts=-60)
        browser.post("/api/users/signout", {})
        assert not _is_live(session)

    def test_ends_the_session_of_an_api_client(self, session: Session) -> None:
        bearer = {"Authorization": f"Bearer {pair_for(session).access}"}
        assert APIClient().post("/api/users/signout", {}, headers=bearer).status_code == 200
        assert not _is_live(session)

    def test_succeeds_without_a_session_and_a_second_time(self, api: APIClient, browser: APIClient) -> None:
        for _ in range(2):
            assert browser.post("/api/users/signout", {}).status_code == 200
        assert APIClient().post("/api/users/signout", {}).status_code == 200

    def test_succeeds_with_invalid_cookies(self, api: APIClient) -> None:
        api.cookies["access_token"], api.cookies["refresh_token"] = "x.y.z", "nonsense"
        answer = api.post("/api/users/signout", {})
        assert (answer.status_code, set(answer.cookies)) == (200, {"access_token", "refresh_token"})

    @pytest.mark.parametrize("missing", ["", "access_token"])
    def test_is_refused_to_another_site(self, browser: APIClient, session: Session, missing: str) -> None:
        if missing:
            del browser.cookies[missing]
        answer = browser.post("/api/users/signout", {}, headers=ELSEWHERE)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "cross-site-write")
        assert not answer.cookies
        assert _is_live(session)


@pytest.mark.django_db
class TestAWriteByCookie:
    def test_needs_an_origin(self, browser: APIClient, session: Session) -> None:
        del browser.defaults["HTTP_ORIGIN"]
        assert browser.post("/api/users/signout", {}).status_code == 403
        assert _is_live(session)

    def test_may_prove_its_origin_by_fetch_metadata(self, browser: APIClient) -> None:
        del browser.defaults["HTTP_ORIGIN"]
        same = {"Sec-Fetch-Site": "same-origin"}
        assert browser.post("/api/users/signout", {}, headers=same).status_code == 200

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
    def test_of_any_other_fetch_metadata_is_refused(self, browser: APIClient, site: str) -> None:
        del browser.defaults["HTTP_ORIGIN"]
        assert browser.post("/api/users/signout", {}, headers={"Sec-Fetch-Site": site}).status_code == 403

    def test_needs_a_content_type_of_ours(self, browser: APIClient) -> None:
        assert browser.post("/api/users/signout", "{}", content_type="text/plain").status_code == 403

    def test_by_bearer_may_come_from_anywhere(self, api: APIClient, session: Session) -> None:
        headers = ELSEWHERE | {"Authorization": f"Bearer {pair_for(session).access}"}
        assert api.post("/api/users/signout", {}, headers=headers).status_code == 200
        assert not _is_live(session)
