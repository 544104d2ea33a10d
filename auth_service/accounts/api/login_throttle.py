"""Throttle failed sign-ins, against guessing passwords.

# Note [A stranger can't lock an account]
Failures are counted per account and IP address together. After too many from one address, that address has to
wait, and the account's owner at another address doesn't. The rate "sign-ins" limits what one address may try
against all accounts together. An e-mail address without an account is treated alike, down to the headers.
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

    A success resets the count.
    """
    rate = settings.RATES["failed-sign-ins"]
    if rate is None:
        yield
        return
    subject = (email, address_of(request))
    # Counted before the check and reset after it, so that concurrent tries are limited too.
    enforce_rate(request, rate, *subject)
    try:
        yield
    except BusinessRuleViolation:
        audit.log("sign_in.failed", request)
        raise
    reset(rate, *subject)
