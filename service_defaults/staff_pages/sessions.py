"""An operator's session in one service's admin: the claims of the token that opened it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from service_defaults import tokens
from service_defaults.authentication import claims_of_cookie

#: How long a sign-in counts as recent, in seconds.
STEP_UP_SECONDS = 10 * 60

_STORED_CLAIMS = ("sub", "sid", "iat", "exp", "role", "signed_in_at")
_KEY = "operator_token"


def store_claims(request: HttpRequest, claims: tokens.Claims) -> None:
    """Store the claims of the token that opens the session."""
    request.session[_KEY] = {name: str(getattr(claims, name)) for name in _STORED_CLAIMS}


def claims_of_session(request: HttpRequest) -> tokens.Claims | None:
    """Return the claims of the token that opened this session; the session may outlive the token."""
    stored = request.session.get(_KEY)
    if stored is None:
        return None
    return tokens.Claims(
        sub=UUID(stored["sub"]),
        sid=UUID(stored["sid"]),
        is_staff=True,
        iat=datetime.fromisoformat(stored["iat"]),
        exp=datetime.fromisoformat(stored["exp"]),
        role=stored.get("role", ""),
        signed_in_at=_parse_time(stored.get("signed_in_at", "None")),
    )


def has_recent_login(request: HttpRequest) -> bool:
    """Whether the operator has signed in within the last STEP_UP_SECONDS."""
    # After another sign-in the cookie's token is newer than the one that opened this session.
    both = (claims_of_session(request), claims_of_cookie(request))
    return any(is_recent(claims.signed_in_at) for claims in both if claims is not None)


def is_recent(signed_in_at: datetime | None) -> bool:
    """Whether a sign-in counts as recent; a token that doesn't say when it was has none."""
    return signed_in_at is not None and timezone.now() - signed_in_at < timedelta(seconds=STEP_UP_SECONDS)


def operator_facts(request: HttpRequest) -> dict[str, str]:
    """Return the operator's id and role, for the audit log."""
    claims = claims_of_session(request)
    return {"operator": str(claims.sub), "role": claims.role} if claims else {}


def operator_name(request: HttpRequest) -> str:
    """Return what the pages call the operator: their e-mail address where it is known, else their role."""
    account: Any = request.user
    email: str = getattr(account, "email", "")
    claims = claims_of_session(request)
    role = claims.role if claims else ""
    return email or (f"Operator ({role})" if role else "Operator")


def _parse_time(text: str) -> datetime | None:
    return None if text == "None" else datetime.fromisoformat(text)
