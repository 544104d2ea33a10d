"""A rate limit, read from the environment."""

import re
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from service_defaults import env

_PATTERN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` uses in `seconds` seconds."""

    name: str
    limit: int
    seconds: int


def rate(name: str, *, variable: str, default: str) -> Rate | None:
    """Return the rate of that name from the environment: "300/60" is 300 in 60 seconds, "off" is None.

    Raises `ImproperlyConfigured`.
    """
    text = env.text(variable, default=default)
    if text == "off":
        return None
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ImproperlyConfigured(
            f"{variable} must be a number of times and of seconds, or off, for example {variable}={default}"
        )
    return Rate(name=name, limit=int(match[1]), seconds=int(match[2]))
