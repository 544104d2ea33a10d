"""What happens by itself, from time to time."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from auth_service.accounts import operations
from service_defaults.rate_limits.counting import forget_old_usages
from shared_events import sweeps

sweeps.every(seconds=600)(forget_old_usages)

_KEPT_AFTER_EXPIRY = timedelta(days=30)
_AT_ONCE = 1000


@sweeps.every(seconds=600)
def forget_old_sessions() -> int:
    """Delete sessions that nobody can use or asks about any more."""
    with transaction.atomic():
        return operations.forget_sessions(over_before=timezone.now() - _KEPT_AFTER_EXPIRY, limit=_AT_ONCE)
