"""Tokens as auth issues them: simplejwt with EdDSA, a `kid` in the header, and keys from files."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import datetime_to_epoch

from auth_service.accounts.models import Session
from service_defaults import errors, health, keys, tokens


class InvalidRefreshToken(errors.NotSignedIn):
    """The refresh token is not valid."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key and the id under which the public set knows it."""

    private: Ed25519PrivateKey
    kid: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client holds for one session."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """Which session a refresh token belongs to, and which of that session's refresh tokens it is."""

    session_id: UUID
    refresh_id: UUID


class KeyFileBackend(TokenBackend):
    """Signs with the private key file, naming its `kid`; verifies with the public set, by `kid`."""

    def encode(self, payload: dict[str, Any]) -> str:
        """The signed token."""
        key = signing_key()
        claims = {**payload, "aud": self.audience, "iss": self.issuer}
        return jwt.encode(claims, key.private, self.algorithm, headers={"kid": key.kid})

    def get_verifying_key(self, token: Any) -> Any:
        """The public key that the token's header names."""
        kid = jwt.get_unverified_header(token).get("kid")
        key = keys.public_keys().get(kid) if isinstance(kid, str) else None
        if key is None:
            # Of the errors that the base class knows: an InvalidKeyError would pass it by.
            raise jwt.InvalidTokenError("unknown key")
        return key


_backend = KeyFileBackend(
    keys.ALGORITHM, audience=tokens.AUDIENCE, issuer=tokens.ISSUER, leeway=tokens.LEEWAY_SECONDS
)


class AccessToken(Token):
    """Minutes long, shown to every service."""

    token_type = tokens.ACCESS
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME
    _token_backend = _backend


class RefreshToken(Token):
    """Weeks long, shown to auth alone, good for one use."""

    token_type = "refresh"  # noqa: S105  its name
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME
    _token_backend = _backend


def pair_for(session: Session) -> TokenPair:
    """The tokens of a session as it now is."""
    access = AccessToken.for_user(session.user)
    # To the microsecond, and by the clock that ends sessions: "issued before" has to be exact.
    access["iat"] = session.refreshed_at.timestamp()
    access["exp"] = datetime_to_epoch(session.refreshed_at + AccessToken.lifetime)
    access["sid"] = str(session.id)
    access["staff"] = session.user.is_staff
    access["role"] = session.user.role
    access["auth_time"] = datetime_to_epoch(session.created_at)
    refresh = RefreshToken()
    refresh["sid"] = str(session.id)
    refresh["jti"] = session.refresh_id.hex
    refresh["exp"] = datetime_to_epoch(session.expires_at)
    return TokenPair(access=str(access), refresh=str(refresh))


def read_refresh(token: str) -> RefreshClaims:
    """What a refresh token says; raises `InvalidRefreshToken` unless we signed it and it hasn't expired."""
    try:
        claims = RefreshToken(token)  # type: ignore[arg-type]
        return RefreshClaims(session_id=UUID(claims["sid"]), refresh_id=UUID(claims["jti"]))
    except (TokenError, KeyError, ValueError) as error:
        raise InvalidRefreshToken from error


def signing_key() -> SigningKey:
    """The key of AUTH_SIGNING_KEY_FILE, read anew when the file changes; raises `OSError` or `ValueError`."""
    path = Path(settings.AUTH_SIGNING_KEY_FILE)
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(path: Path, changed_at: int) -> SigningKey:
    private = keys.read_signing_key(path)
    return SigningKey(private, keys.public_jwk(private.public_key())["kid"])


class SigningKeyNotPublished(Exception):
    """The public set doesn't know the key we sign with: nobody could verify our tokens."""


@health.register("signing key")
def _signing_key_is_published() -> str:
    kid = signing_key().kid
    if keys.public_keys().get(kid) is None:
        raise SigningKeyNotPublished(kid)
    return kid
