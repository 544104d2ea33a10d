"""Passwords aren't to be guessed.

# Note [A stranger can't lock an account]
Failures count for an account and an address together. Whoever fails too often from somewhere has to wait
there, and the account's owner, who is elsewhere, never notices. What one address may try against all accounts
together is the rate "sign-ins". An e-mail address without an account is treated alike, down to the headers.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from rest_framework.request import Request

from service_defaults import audit
from service_defaults.errors import BusinessRuleViolation
from service_defaults.rate_limits.counting import reset
from service_defaults.rate_limits.throttling import address_of, enforce_rate


@contextmanager
def throttle_failed_logins(request: Request, email: str) -> Iterator[None]:
    """Run the block, which checks this account's credentials, unless it failed too often; raises `Throttled`.

    A success forgives the failures before it.
    """
    rate = settings.RATES["failed-sign-ins"]
    if rate is None:
        yield
        return
    subject = (email, address_of(request))
    # Counted before, and forgiven after: many tries at once are no more than one after the other.
    enforce_rate(request, rate, *subject)
    try:
        yield
    except BusinessRuleViolation:
        audit.log("sign_in.failed", request)
        raise
    reset(rate, *subject)
