"""Access tokens as every service reads them: a signature checked with the public key alone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt

from service_defaults import errors, keys

ISSUER = "ticket-auth"
AUDIENCE = "tickets-marketplace"
ACCESS = "access"
LEEWAY_SECONDS = 5

_REQUIRED = ["iss", "aud", "sub", "sid", "iat", "exp", "typ", "staff"]


class InvalidToken(errors.NotSignedIn):
    """The access token is not valid."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid access token says: whose it is, of which session, and until when."""

    sub: UUID
    sid: UUID
    is_staff: bool
    exp: datetime


def verify(token: str) -> Claims:
    """The token's claims; raises `InvalidToken` unless it is auth's, for us, for access, in time."""
    try:
        payload = jwt.decode(
            token,
            _key_for(token),
            algorithms=[keys.ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        return _claims(payload)
    except (jwt.PyJWTError, ValueError) as error:
        raise InvalidToken from error


def _key_for(token: str) -> jwt.PyJWK:
    kid = jwt.get_unverified_header(token).get("kid")
    key = keys.public_keys().get(kid) if isinstance(kid, str) else None
    if key is None:
        raise InvalidToken
    return key


def _claims(payload: dict[str, Any]) -> Claims:
    if payload["typ"] != ACCESS:
        raise InvalidToken
    return Claims(
        sub=UUID(payload["sub"]),
        sid=UUID(str(payload["sid"])),
        is_staff=payload["staff"] is True,
        exp=datetime.fromtimestamp(payload["exp"], UTC),
    )
