from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from auth_service.accounts.models import Session, User
from auth_service.credentials.tokens import pair_for, signing_key
from auth_service.tests.factories import PASSWORD
from auth_service.tests.forgeries import FORGERIES, claims_of
from service_defaults import tokens
from service_defaults.testing import token_for


def _get_current_user(token: str) -> Any:
    return APIClient().get("/api/users/currentuser", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.django_db
class TestAForgedToken:
    @pytest.mark.parametrize("how", FORGERIES)
    def test_is_refused_by_bearer(self, session: Session, how: str) -> None:
        answer = _get_current_user(FORGERIES[how](claims_of(session)))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "invalid-token")
        assert answer["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("how", FORGERIES)
    def test_in_a_cookie_is_anonymous(self, api: APIClient, session: Session, how: str) -> None:
        api.cookies["access_token"] = FORGERIES[how](claims_of(session))
        answer = api.get("/api/users/currentuser")
        assert (answer.status_code, answer.json()) == (200, {"currentUser": None})

    @pytest.mark.parametrize("how", FORGERIES)
    def test_does_not_refresh_a_session(self, api: APIClient, session: Session, how: str) -> None:
        answer = api.post(
            "/api/users/refresh", {"refresh": FORGERIES[how](claims_of(session, typ="refresh"))}
        )
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "invalid-refresh-token")
        session.refresh_from_db()
        assert session.ended_at is None


@pytest.mark.django_db
class TestAnAccessToken:
    def test_is_accepted_where_every_claim_is_right(self, session: Session) -> None:
        token = token_for(session.user_id, session_id=session.id)
        assert _get_current_user(token).json()["currentUser"]["id"] == str(session.user_id)

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another-party"},
            {"aud": ["another-party"]},
            {"iss": "another-party"},
            {"typ": "refresh"},
            {"typ": ""},
            {"exp": 1},
            {"exp": "tomorrow"},
            {"sub": "not-an-id"},
            {"sid": "not-an-id"},
            {"nbf": 2**33},
        ],
        ids=str,
    )
    def test_is_refused_for_any_wrong_claim(self, session: Session, claims: dict[str, Any]) -> None:
        assert (
            _get_current_user(token_for(session.user_id, **{"session_id": session.id, **claims})).status_code
            == 401
        )

    @pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "iat", "exp", "typ", "staff"])
    def test_is_refused_without_any_of_its_claims(self, session: Session, claim: str) -> None:
        claims = {name: value for name, value in claims_of(session).items() if name != claim}
        token = jwt.encode(claims, signing_key().private, "EdDSA", headers={"kid": signing_key().kid})
        assert _get_current_user(token).status_code == 401

    def test_is_not_the_refresh_token(self, session: Session) -> None:
        pair = pair_for(session)
        assert _get_current_user(pair.refresh).status_code == 401
        assert APIClient().post("/api/users/refresh", {"refresh": pair.access}).status_code == 401

    def test_has_the_claims_that_every_service_reads(self, session: Session) -> None:
        token = pair_for(session).access
        claims = jwt.decode(token, options={"verify_signature": False})
        assert {"iss", "aud", "sub", "sid", "iat", "exp", "typ", "staff"} <= set(claims)
        assert claims["exp"] - int(claims["iat"]) == settings.AUTH_ACCESS_SECONDS
        assert "email" not in claims
        header = jwt.get_unverified_header(token)
        assert (header["alg"], header["kid"]) == ("EdDSA", signing_key().kid)
        read = tokens.verify(token)
        assert (read.sub, read.sid, read.is_staff) == (session.user_id, session.id, False)
        assert read.iat == session.refreshed_at


@pytest.mark.django_db
class TestARefreshToken:
    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another-party"},
            {"iss": "another-party"},
            {"typ": "access"},
            {"exp": 1},
            {"sid": "not-an-id"},
            {"jti": "not-an-id"},
        ],
        ids=str,
    )
    def test_is_refused_for_any_wrong_claim(self, session: Session, claims: dict[str, Any]) -> None:
        right = {"session_id": session.id, "typ": "refresh", "jti": session.refresh_id.hex}
        token = token_for(session.user_id, **{**right, **claims})
        assert APIClient().post("/api/users/refresh", {"refresh": token}).status_code == 401
        session.refresh_from_db()
        assert session.ended_at is None

    def test_expires_with_its_session(self, session: Session) -> None:
        claims = jwt.decode(pair_for(session).refresh, options={"verify_signature": False})
        assert claims["exp"] == int(session.expires_at.timestamp())
        assert "staff" not in claims


@pytest.mark.django_db
class TestIssueToken:
    def test_returns_the_pair_in_the_body_alone(self, member: User) -> None:
        answer = APIClient().post("/api/users/token", {"email": "Member@example.com", "password": PASSWORD})
        assert (answer.status_code, set(answer.json())) == (200, {"access", "refresh"})
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"
        assert _get_current_user(answer.json()["access"]).json()["currentUser"]["id"] == str(member.id)

    def test_needs_no_origin(self, member: User) -> None:
        credentials = {"email": member.email, "password": PASSWORD}
        pair = APIClient().post("/api/users/token", credentials).json()
        again = APIClient().post("/api/users/refresh", {"refresh": pair["refresh"]})
        assert again.status_code == 200

    def test_refuses_a_suspended_account(self, member: User) -> None:
        User.objects.update(status="suspended")
        answer = APIClient().post("/api/users/token", {"email": member.email, "password": PASSWORD})
        assert (answer.status_code, answer.json()["detail"]) == (403, "Account suspended")


class TestThePublicKeys:
    def test_verify_our_tokens_and_nothing_more(self, api: APIClient) -> None:
        answer = api.get("/api/users/jwks.json")
        [key] = answer.json()["keys"]
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
        assert key["kid"] == signing_key().kid
        assert "d" not in key
        token = token_for(uuid4())
        assert jwt.decode(token, jwt.PyJWK(key), ["EdDSA"], audience=tokens.AUDIENCE)["iss"] == tokens.ISSUER

    def test_may_be_cached(self, api: APIClient) -> None:
        assert api.get("/api/users/jwks.json")["Cache-Control"] == "public, max-age=300"

    def test_are_unavailable_without_their_file(self, api: APIClient, settings: Any, tmp_path: Path) -> None:
        settings.AUTH_JWKS_FILE = str(tmp_path / "missing.json")
        answer = api.get("/api/users/jwks.json")
        assert (answer.status_code, answer["Retry-After"]) == (503, "2")


@pytest.mark.django_db
class TestTheServicesHealth:
    def test_shows_the_signing_key(self, api: APIClient) -> None:
        checks = api.get("/health/ready").json()["checks"]
        assert checks["signing key"]["status"] == "ok"

    def test_fails_where_the_signing_key_is_not_published(
        self, api: APIClient, settings: Any, tmp_path: Path
    ) -> None:
        from service_defaults.key_files import create_key_files

        _, settings.AUTH_JWKS_FILE = create_key_files(tmp_path)
        answer = api.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"]["signing key"]["status"] == "failing"
