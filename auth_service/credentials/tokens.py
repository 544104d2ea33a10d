"""Access and refresh tokens: issued here, signed by the key in a file, with that key's id in the header."""

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from auth_service.accounts.models import Session
from service_defaults import errors, health, keys, tokens

REFRESH = "refresh"
"""The `typ` of refresh tokens: shown to auth alone, good for one use."""


class InvalidRefreshToken(errors.NotSignedIn):
    """The refresh token is not valid."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key and its id in the public set."""

    private: Ed25519PrivateKey
    kid: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The access and the refresh token of one session."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """The session of a refresh token, and the token's id among the session's refresh tokens."""

    session_id: UUID
    refresh_id: UUID


def pair_for(session: Session) -> TokenPair:
    """Return the access and refresh token of a session in its present state."""
    return TokenPair(access=_access_token(session), refresh=_refresh_token(session))


def _access_token(session: Session) -> str:
    lifetime = timedelta(seconds=settings.AUTH_ACCESS_SECONDS)
    return _encode(
        {
            "typ": tokens.ACCESS,
            "exp": int((session.refreshed_at + lifetime).timestamp()),
            # To the microsecond, and by the clock that ends sessions: "issued before" has to be exact.
            "iat": session.refreshed_at.timestamp(),
            "jti": uuid4().hex,
            "sub": str(session.user_id),
            "sid": str(session.id),
            "staff": session.user.is_staff,
            "role": session.user.role,
            "auth_time": int(session.created_at.timestamp()),
        }
    )


def _refresh_token(session: Session) -> str:
    return _encode(
        {
            "typ": REFRESH,
            "exp": int(session.expires_at.timestamp()),
            "iat": int(time.time()),
            "jti": session.refresh_id.hex,
            "sid": str(session.id),
        }
    )


def _encode(claims: dict[str, Any]) -> str:
    """Return the claims as a token, signed by the current key and with its `kid` in the header."""
    key = signing_key()
    payload = {**claims, "aud": tokens.AUDIENCE, "iss": tokens.ISSUER}
    return jwt.encode(payload, key.private, keys.ALGORITHM, headers={"kid": key.kid})


def read_refresh(token: str) -> RefreshClaims:
    """Return a refresh token's claims; raise `InvalidRefreshToken` unless we issued it and it is in time."""
    try:
        claims = tokens.decode(token, token_type=REFRESH, required=("sid", "jti"))
        return RefreshClaims(session_id=UUID(str(claims["sid"])), refresh_id=UUID(str(claims["jti"])))
    except (tokens.InvalidToken, ValueError) as error:
        raise InvalidRefreshToken from error


def signing_key() -> SigningKey:
    """Return AUTH_SIGNING_KEY_FILE's key, read again when it changes; raise `OSError` or `ValueError`."""
    path = Path(settings.AUTH_SIGNING_KEY_FILE)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(path: Path, changed_at: int) -> SigningKey:
    private = keys.read_signing_key(path)
    return SigningKey(private, keys.public_jwk(private.public_key())["kid"])


class SigningKeyNotPublished(Exception):
    """The public set doesn't have the key that signs: no service could verify our tokens."""


@health.register("signing key")
def _signing_key_is_published() -> str:
    kid = signing_key().kid
    if keys.public_keys().get(kid) is None:
        raise SigningKeyNotPublished(kid)
    return kid
