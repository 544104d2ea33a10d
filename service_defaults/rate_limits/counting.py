"""Count the uses of a rate in the database, reset a count, and purge old ones.

# Note [Counts are cheap]
Every counted request writes a row. The table is unlogged: commits to it wait for no disk, and after a crash
of the database the counts start at zero, which allows a few requests more.
"""

import hashlib
import hmac
from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.db import connection

from service_defaults.rate_limits.rates import Rate

# A window begins with the first use after the last one's end.
_COUNT = """
    INSERT INTO rate_limits_usage AS usage (rate, subject, used, resets_at)
    VALUES (%(rate)s, %(subject)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (rate, subject) DO UPDATE SET
        used = CASE WHEN usage.resets_at <= clock_timestamp() THEN 1 ELSE usage.used + 1 END,
        resets_at = CASE WHEN usage.resets_at <= clock_timestamp()
                         THEN excluded.resets_at ELSE usage.resets_at END
    RETURNING used, extract(epoch FROM resets_at - clock_timestamp())
"""

_RESET = "DELETE FROM rate_limits_usage WHERE rate = %(rate)s AND subject = %(subject)s"
_PURGE = "DELETE FROM rate_limits_usage WHERE resets_at < clock_timestamp()"


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """A subject's uses of a rate in the present window, and when that ends, in whole seconds from now."""

    rate: Rate
    used: int
    resets_in: int

    @property
    def is_over(self) -> bool:
        """Whether this use is above the limit."""
        return self.used > self.rate.limit

    def headers(self) -> dict[str, str]:
        """Return `RateLimit` and `RateLimit-Policy` (IETF httpapi-ratelimit-headers)."""
        name, left = self.rate.name, max(0, self.rate.limit - self.used)
        return {
            "RateLimit-Policy": f'"{name}";q={self.rate.limit};w={self.rate.seconds}',
            "RateLimit": f'"{name}";r={left};t={self.resets_in}',
        }


def count(rate: Rate, *subject: str) -> RateLimitState:
    """Count one use by the subject, which its parts name together, and return the new state.

    Call it outside of a transaction: a refusal must not roll the count back, nor the row stay locked.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"rate": rate.name, "subject": _digest(subject), "seconds": rate.seconds})
        used, seconds = cursor.fetchone()
    return RateLimitState(rate=rate, used=used, resets_in=max(1, ceil(seconds)))


def reset(rate: Rate, *subject: str) -> None:
    """Delete the subject's count."""
    _execute(_RESET, {"rate": rate.name, "subject": _digest(subject)})


def purge_old_usages() -> int:
    """Delete the counts whose window has ended; return how many. A sweep of each service calls this."""
    return _execute(_PURGE, {})


def _execute(statement: str, values: dict[str, str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _digest(subject: tuple[str, ...]) -> str:
    key = str(settings.SECRET_KEY)
    return hmac.new(key.encode(), "\n".join(subject).encode(), hashlib.sha256).hexdigest()[:32]
