"""Typed reading of the environment.

A blank value counts as missing, so that `NAME=` in an env file never passes for an answer.
Every refusal is an `ImproperlyConfigured` that names the variable and shows an example.
"""

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def text(name: str, *, default: str = "") -> str:
    """The variable's value without surrounding blanks, or the default."""
    return os.environ.get(name, "").strip() or default


def required(name: str, *, example: str) -> str:
    """The variable's value; raises `ImproperlyConfigured` where it is missing or blank."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} must be set, for example {name}={example}")
    return value


def integer(name: str, *, default: int, minimum: int | None = None, maximum: int | None = None) -> int:
    """The variable as a whole number, not below the minimum nor above the maximum where one is given."""
    value = text(name, default=str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, for example {name}={default}") from None
    if minimum is not None and number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, for example {name}={default}")
    if maximum is not None and number > maximum:
        raise ImproperlyConfigured(f"{name} must be at most {maximum}, for example {name}={default}")
    return number


def boolean(name: str, *, default: bool) -> bool:
    """The variable as a switch: 1/true/yes/on or 0/false/no/off, in any case."""
    value = text(name, default="1" if default else "0").lower()
    if value not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, for example {name}={int(default)}")
    return value in _TRUE


def choice(name: str, *, options: tuple[str, ...], default: str) -> str:
    """The variable as one of the options, which it may write in any case."""
    value = text(name, default=default).casefold()
    for option in options:
        if option.casefold() == value:
            return option
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, for example {name}={default}")


def listing(name: str) -> list[str]:
    """The variable's comma-separated items, blanks dropped; empty where it is missing."""
    return [item.strip() for item in text(name).split(",") if item.strip()]
