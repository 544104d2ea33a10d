import base64
import hmac
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service_defaults import key_files, keys, tokens
from service_defaults.testing import token_for


class TestVerify:
    def test_gives_the_claims(self) -> None:
        user, session = uuid4(), uuid4()
        before = int(time.time())
        claims = tokens.verify(token_for(user, staff=True, session_id=session, lasts=60))
        assert (claims.sub, claims.sid, claims.is_staff) == (user, session, True)
        assert 60 <= claims.exp.timestamp() - before <= 61
        assert claims.exp <= datetime.fromtimestamp(time.time() + 60, UTC)

    @pytest.mark.parametrize("staff", ["true", 1, [], {}])
    def test_takes_only_true_for_staff(self, staff: object) -> None:
        assert tokens.verify(token_for(uuid4(), staff=staff)).is_staff is False

    def test_allows_for_a_clock_skew_of_five_seconds(self) -> None:
        assert tokens.verify(token_for(uuid4(), lasts=-4))

    @pytest.mark.parametrize(
        "claims",
        [
            {"exp": int(time.time()) - 6},
            {"iss": "another-party"},
            {"aud": "others"},
            {"typ": "refresh"},
            {"sub": "not-an-id"},
            {"sub": 7},
            {"sid": "not-an-id"},
            {"sid": None},
            {"nbf": int(time.time()) + 24 * 60 * 60},
        ],
    )
    def test_refuses_a_wrong_claim(self, claims: dict[str, object]) -> None:
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(token_for(uuid4(), **claims))

    @pytest.mark.parametrize("missing", ["iss", "aud", "sub", "sid", "iat", "exp", "typ", "staff"])
    def test_refuses_a_token_that_lacks_a_claim(self, missing: str) -> None:
        whole = token_for(uuid4())
        payload = jwt.decode(whole, options={"verify_signature": False})
        del payload[missing]
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(_signed(payload))

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é.é.é", "e30.e30.e30", "W10.e30.e30", "\x00"])
    def test_refuses_nonsense(self, token: str) -> None:
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(token)


class TestAForgery:
    def test_by_another_key_under_a_known_id_is_refused(self, tmp_path) -> None:
        private, _ = key_files.create_key_files(tmp_path)
        payload = jwt.decode(token_for(uuid4()), options={"verify_signature": False})
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(
                jwt.encode(payload, keys.read_signing_key(private), "EdDSA", headers={"kid": _kid()})
            )

    def test_by_a_changed_payload_is_refused(self) -> None:
        head, _, signature = token_for(uuid4()).split(".")
        payload = token_for(uuid4(), staff=True).split(".")[1]
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(f"{head}.{payload}.{signature}")

    @pytest.mark.parametrize("encoding", [Encoding.Raw, Encoding.PEM, Encoding.DER])
    def test_that_takes_the_public_key_for_a_shared_secret_is_refused(self, encoding: Encoding) -> None:
        form = PublicFormat.Raw if encoding is Encoding.Raw else PublicFormat.SubjectPublicKeyInfo
        public = _signing_key().public_key().public_bytes(encoding, form)
        head = _base64url(json.dumps({"alg": "HS256", "kid": _kid()}).encode())
        signed = f"{head}.{token_for(uuid4()).split('.')[1]}"
        signature = hmac.new(public, signed.encode(), "sha256").digest()
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(f"{signed}.{_base64url(signature)}")

    def test_without_a_signature_is_refused(self) -> None:
        payload = jwt.decode(token_for(uuid4()), options={"verify_signature": False})
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(jwt.encode(payload, None, "none", headers={"kid": _kid()}))

    @pytest.mark.parametrize("header", [{}, {"kid": "unknown"}, {"kid": "../../etc/passwd"}])
    def test_under_an_unknown_key_id_is_refused(self, header: dict[str, str]) -> None:
        payload = jwt.decode(token_for(uuid4()), options={"verify_signature": False})
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(_signed(payload, header))


def _signing_key() -> Ed25519PrivateKey:
    return keys.read_signing_key(Path(os.environ["AUTH_SIGNING_KEY_FILE"]))


def _kid() -> str:
    kid: str = jwt.get_unverified_header(token_for(uuid4()))["kid"]
    return kid


def _signed(payload: dict[str, object], header: dict[str, str] | None = None) -> str:
    """Sign the payload with auth's own key."""
    return jwt.encode(payload, _signing_key(), "EdDSA", headers={"kid": _kid()} if header is None else header)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
