"""Check whether a token was revoked, by this service's own table.

TOKEN_REVOCATION_CHECK of each service that subscribes to the `user` stream.
"""

from service_defaults.errors import NotSignedIn, PermissionDenied
from service_defaults.revocation.models import Revocation
from service_defaults.tokens import Claims


class SessionEnded(NotSignedIn):
    """The session has ended. Sign in again."""


class AccountSuspended(PermissionDenied):
    """Account suspended."""


def ensure_not_revoked(claims: Claims) -> None:
    """Raise AccountSuspended or SessionEnded for a revoked token. One indexed query."""
    rows = Revocation.objects.filter(subject__in=(claims.sub, claims.sid)).values_list(
        "subject", "not_before", "suspended"
    )
    found = {subject: (not_before, suspended) for subject, not_before, suspended in rows}
    not_before, suspended = found.get(claims.sub, (None, False))
    if suspended:
        raise AccountSuspended
    if claims.sid in found or (not_before is not None and claims.iat < not_before):
        raise SessionEnded
