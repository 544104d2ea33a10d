"""Access tokens as every service reads them: a signature checked with the public key alone."""

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
#: What auth may set AUTH_ACCESS_SECONDS to, and so how long a revocation must be remembered.
LONGEST_ACCESS_SECONDS = 60 * 60

# By these a token offers the key to check it with. We never look, and nobody honest of ours sends them.
_KEYS_IN_THE_HEADER = frozenset({"jku", "jwk", "x5u", "x5c"})
_REQUIRED = ("iss", "aud", "sub", "sid", "iat", "staff")


class InvalidToken(errors.NotSignedIn):
    """The access token is not valid."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid access token says: whose it is, of which session, and from when until when.

    `role` is an operator's, `signed_in_at` when they last showed their password for this session.
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
    if _KEYS_IN_THE_HEADER & header.keys():
        raise InvalidToken
    key = keys.public_keys().get(kid) if isinstance(kid, str) else None
    if key is None:
        raise InvalidToken
    return key


def _claims(payload: dict[str, Any]) -> Claims:
    iat, exp = datetime.fromtimestamp(payload["iat"], UTC), datetime.fromtimestamp(payload["exp"], UTC)
    if exp - iat > timedelta(seconds=LONGEST_ACCESS_SECONDS):
        # A revocation would be forgotten before such a token has run out.
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
