from uuid import UUID, uuid4

import pytest
from rest_framework.exceptions import NotAuthenticated
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from service_defaults.authentication import Principal, principal
from service_defaults.testing import ORIGIN, token_for

ME = "/api/notes/me"


@pytest.fixture
def no_origin() -> APIClient:
    """A client that sends no origin."""
    return APIClient()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class TestABearerToken:
    def test_identifies_the_user(self, no_origin: APIClient, writer: UUID) -> None:
        assert no_origin.get(ME, headers=_bearer(token_for(writer))).json() == {"id": str(writer)}

    @pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
    def test_may_have_its_scheme_in_any_case(self, no_origin: APIClient, writer: UUID, scheme: str) -> None:
        answer = no_origin.get(ME, headers={"Authorization": f"{scheme}  {token_for(writer)}"})
        assert answer.json() == {"id": str(writer)}

    def test_writes_from_any_origin(self, no_origin: APIClient, writer: UUID) -> None:
        headers = {
            **_bearer(token_for(writer)),
            "Origin": "https://elsewhere.test",
            "Sec-Fetch-Site": "cross-site",
        }
        assert no_origin.post(ME, headers=headers).json() == {"id": str(writer)}

    @pytest.mark.parametrize("token", ["", "nonsense", "expired"])
    def test_that_is_invalid_is_refused_even_on_a_public_route(
        self, no_origin: APIClient, writer: UUID, token: str
    ) -> None:
        token = token_for(writer, lasts=-60) if token == "expired" else token
        answer = no_origin.get(ME, headers=_bearer(token))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "invalid-token")
        assert answer["WWW-Authenticate"] == "Bearer"

    def test_that_is_invalid_is_refused_beside_a_valid_cookie(self, signed_in: APIClient) -> None:
        assert signed_in.get(ME, headers=_bearer("nonsense")).status_code == 401

    def test_takes_precedence_over_the_cookie(self, signed_in: APIClient) -> None:
        other = uuid4()
        assert signed_in.get(ME, headers=_bearer(token_for(other))).json() == {"id": str(other)}


class TestTheCookie:
    def test_identifies_the_user(self, signed_in: APIClient, writer: UUID) -> None:
        assert signed_in.get(ME).json() == {"id": str(writer)}

    def test_is_read_beside_another_authorization_scheme(self, signed_in: APIClient, writer: UUID) -> None:
        assert signed_in.get(ME, headers={"Authorization": "Basic eDp5"}).json() == {"id": str(writer)}

    @pytest.mark.parametrize("cookie", ["", "nonsense", "expired"])
    def test_that_is_invalid_is_anonymous(self, api: APIClient, writer: UUID, cookie: str) -> None:
        api.cookies["access_token"] = token_for(writer, lasts=-60) if cookie == "expired" else cookie
        assert api.get(ME).json() == {"id": None}
        assert api.get("/api/notes").status_code == 401

    def test_that_is_invalid_writes_anonymously_from_any_origin(self, no_origin: APIClient) -> None:
        no_origin.cookies["access_token"] = "nonsense"
        assert no_origin.post(ME).json() == {"id": None}

    def test_is_unavailable_while_no_keys_can_be_read(self, signed_in: APIClient, settings) -> None:
        settings.AUTH_JWKS_FILE = "/nonexistent"
        answer = signed_in.get("/api/notes")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "keys-unavailable")


class TestAWriteByCookie:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "https://elsewhere.test"},
            {"Origin": "null"},
            {"Origin": f"{ORIGIN}.elsewhere.test"},
            {"Origin": ORIGIN.replace("http:", "https:")},
            {"Origin": f"{ORIGIN}:8080"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Referer": f"{ORIGIN}/"},
        ],
    )
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_that_another_site_may_have_caused_is_refused(
        self, no_origin: APIClient, sign_in, writer: UUID, headers: dict[str, str], method: str
    ) -> None:
        sign_in(no_origin, writer)
        answer = getattr(no_origin, method)(ME, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "cross-site-write")

    @pytest.mark.parametrize("headers", [{"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}])
    def test_from_our_own_pages_is_served(
        self, no_origin: APIClient, sign_in, writer: UUID, headers: dict[str, str]
    ) -> None:
        sign_in(no_origin, writer)
        assert no_origin.post(ME, headers=headers).json() == {"id": str(writer)}

    @pytest.mark.parametrize(
        ("content_type", "status"),
        [
            ("application/json", 200),
            ("Application/JSON; charset=utf-8", 200),
            ("application/x-www-form-urlencoded", 200),
            ("multipart/form-data; boundary=x", 200),
            ("text/plain", 403),
            ("text/plain; application/json", 403),
            ("application/xml", 403),
        ],
    )
    def test_needs_a_content_type_of_ours(self, signed_in: APIClient, content_type: str, status: int) -> None:
        assert signed_in.post(ME, b"{}", content_type=content_type).status_code == status

    def test_is_not_meant_by_a_read(self, no_origin: APIClient, sign_in, writer: UUID) -> None:
        sign_in(no_origin, writer)
        assert no_origin.get(ME, headers={"Origin": "https://elsewhere.test"}).json() == {"id": str(writer)}


class TestThePrincipal:
    def test_has_the_claims_of_the_token(self) -> None:
        user, session = uuid4(), uuid4()
        headers = _bearer(token_for(user, staff=True, session_id=session))
        request = APIView().initialize_request(APIRequestFactory().get("/", headers=headers))
        request.authenticators = APIView().get_authenticators()
        assert principal(request) == Principal(id=user, is_staff=True, session_id=session)
        assert (principal(request).pk, principal(request).is_authenticated) == (user, True)

    def test_is_missing_for_an_anonymous_request(self) -> None:
        request = APIView().initialize_request(APIRequestFactory().get("/"))
        with pytest.raises(NotAuthenticated):
            principal(request)
