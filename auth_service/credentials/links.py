"""Links that prove who opens them: signed, for one purpose, for a time, and used up by what they do.

The token carries a mark of the account's state. What the link is for changes that state, so the token works
once; whatever else changes it (another new password, say) ends the token as well.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core import signing

from auth_service.accounts.models import User
from auth_service.accounts.operations import LinkUsedUp


class Purpose(StrEnum):
    """What a link is for; one for another purpose is none."""

    RESET = "reset"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Link:
    """Whose link it is, and of which state of the account."""

    user_id: UUID
    mark: str


def token_for(user: User, purpose: Purpose) -> str:
    """The token of a link for this account as it now is."""
    return signing.dumps([str(user.pk), fingerprint_of(user, purpose)], salt=_salt(purpose))


def fingerprint_of(user: User, purpose: Purpose) -> str:
    """The mark of the account's present state."""
    return user.reset_fingerprint() if purpose is Purpose.RESET else user.verify_fingerprint()


def read(token: str, purpose: Purpose) -> Link:
    """What a token says; raises `LinkUsedUp` unless we signed it for this purpose and it is in time."""
    lasts = settings.AUTH_RESET_SECONDS if purpose is Purpose.RESET else settings.AUTH_VERIFY_SECONDS
    try:
        user_id, mark = signing.loads(token, salt=_salt(purpose), max_age=lasts)
        return Link(user_id=UUID(user_id), mark=str(mark))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkUsedUp from error


def _salt(purpose: Purpose) -> str:
    return f"auth_service.credentials.links.{purpose}"
