"""Forged tokens, which a careless verifier would accept: each entry makes one of claims."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from auth_service.accounts.models import Session
from auth_service.credentials.tokens import signing_key


def claims_of(session: Session, **changed: Any) -> dict[str, Any]:
    """Return the claims of an access token of this session, for staff, with changes."""
    now = int(time.time())
    return {
        "iss": "auth",
        "aud": "services",
        "sub": str(session.user_id),
        "sid": str(session.id),
        "typ": "access",
        "jti": session.refresh_id.hex,
        "iat": now,
        "exp": now + 300,
        "staff": True,
        **changed,
    }


def _encoded(part: Any) -> bytes:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _signed_as_hs256(claims: dict[str, Any], secret: bytes) -> str:
    head = {"alg": "HS256", "typ": "JWT", "kid": signing_key().kid}
    signed = _encoded(head) + b"." + _encoded(claims)
    return (signed + b"." + _encoded(hmac.new(secret, signed, hashlib.sha256).digest())).decode()


def _public_keys_as_secrets() -> list[bytes]:
    public = signing_key().private.public_key()
    encodings = serialization.Encoding, serialization.PublicFormat
    return [
        public.public_bytes(encodings[0].PEM, encodings[1].SubjectPublicKeyInfo),
        public.public_bytes(encodings[0].Raw, encodings[1].Raw),
        Path(settings.AUTH_JWKS_FILE).read_bytes(),
    ]


def _with_its_own_key(claims: dict[str, Any]) -> str:
    key = Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": _encoded(raw).decode()}
    return jwt.encode(claims, key, "EdDSA", headers={"kid": signing_key().kid, "jwk": jwk})


Forgery = Callable[[dict[str, Any]], str]

FORGERIES: dict[str, Forgery] = {
    "unsigned": lambda claims: jwt.encode(claims, None, "none", headers={"kid": signing_key().kid}),
    "unsigned in capitals": lambda claims: b".".join(
        [_encoded({"alg": "NONE", "kid": signing_key().kid}), _encoded(claims), b""]
    ).decode(),
    "signature cut off": lambda claims: (
        jwt.encode(claims, signing_key().private, "EdDSA", headers={"kid": signing_key().kid}).rpartition(
            "."
        )[0]
        + "."
    ),
    "public key (PEM) as an HMAC secret": lambda claims: _signed_as_hs256(
        claims, _public_keys_as_secrets()[0]
    ),
    "public key (raw) as an HMAC secret": lambda claims: _signed_as_hs256(
        claims, _public_keys_as_secrets()[1]
    ),
    "public set as an HMAC secret": lambda claims: _signed_as_hs256(claims, _public_keys_as_secrets()[2]),
    "another key under a known key id": lambda claims: jwt.encode(
        claims, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": signing_key().kid}
    ),
    "our key under an unknown key id": lambda claims: jwt.encode(
        claims, signing_key().private, "EdDSA", headers={"kid": "unknown"}
    ),
    "our key without a key id": lambda claims: jwt.encode(claims, signing_key().private, "EdDSA"),
    "a header nested too deeply": lambda claims: b".".join(
        [_encoded(b"[" * 5000), _encoded(claims), b"AAAA"]
    ).decode(),
    "a key id that is no text": lambda claims: b".".join(
        [_encoded({"alg": "EdDSA", "kid": {"a": 1}}), _encoded(claims), b"AAAA"]
    ).decode(),
    "another key, sent along in the header": _with_its_own_key,
}
