"""A rate, as the settings have it."""

import re
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from service_defaults import env

_WRITTEN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times in so many seconds."""

    name: str
    limit: int
    seconds: int


def rate(name: str, *, variable: str, default: str) -> Rate | None:
    """The rate of that name from the environment: "300/60" is 300 in 60 seconds, "off" is None.

    Raises `ImproperlyConfigured`.
    """
    text = env.text(variable, default=default)
    if text == "off":
        return None
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ImproperlyConfigured(
            f"{variable} must be a number of times and of seconds, or off, for example {variable}={default}"
        )
    return Rate(name=name, limit=int(written[1]), seconds=int(written[2]))
