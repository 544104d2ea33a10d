"""Verify tokens that auth issued, by the public keys alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from service_defaults import errors, keys

ISSUER = "auth"
AUDIENCE = "services"
ACCESS = "access"
LEEWAY_SECONDS = 5
#: The longest AUTH_ACCESS_SECONDS, and so how long a revocation must be stored.
MAX_ACCESS_SECONDS = 60 * 60

# Headers by which a token brings the key to verify it with. Auth sends none; a token with one is refused.
_KEY_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c"})
_REQUIRED = ("iss", "aud", "sub", "sid", "iat", "staff")


class InvalidToken(errors.NotSignedIn):
    """The access token is not valid."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a verified access token: its user and session, when it was issued and when it expires.

    `role` is that of staff, else blank; `signed_in_at` is when the session was opened with a password.
    """

    sub: UUID
    sid: UUID
    is_staff: bool
    iat: datetime
    exp: datetime
    role: str = ""
    signed_in_at: datetime | None = None


def verify(token: str) -> Claims:
    """Return an access token's claims; raise `InvalidToken` unless auth issued it and it hasn't expired."""
    try:
        return _claims(decode(token, token_type=ACCESS, required=_REQUIRED))
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidToken from error


def decode(token: str, *, token_type: str, required: Sequence[str]) -> dict[str, Any]:
    """Return the verified payload of a token of this type; raise `InvalidToken` for any other token."""
    try:
        payload: dict[str, Any] = jwt.decode(
            token,
            _key_for(token),
            algorithms=[keys.ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "typ", *required]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise InvalidToken from error
    if payload["typ"] != token_type:
        raise InvalidToken
    return payload


def _key_for(token: str) -> jwt.PyJWK:
    header = jwt.get_unverified_header(token)
    kid = header.get("kid")
    if _KEY_HEADERS & header.keys():
        raise InvalidToken
    key = keys.public_keys().get(kid) if isinstance(kid, str) else None
    if key is None:
        raise InvalidToken
    return key


def _claims(payload: dict[str, Any]) -> Claims:
    iat, exp = datetime.fromtimestamp(payload["iat"], UTC), datetime.fromtimestamp(payload["exp"], UTC)
    if exp - iat > timedelta(seconds=MAX_ACCESS_SECONDS):
        # The revocation of such a token would be purged before the token expires.
        raise InvalidToken
    return Claims(
        sub=UUID(payload["sub"]),
        sid=UUID(str(payload["sid"])),
        is_staff=payload["staff"] is True,
        iat=iat,
        exp=exp,
        role=str(payload.get("role", "")),
        signed_in_at=datetime.fromtimestamp(payload["auth_time"], UTC) if "auth_time" in payload else None,
    )
