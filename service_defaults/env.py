"""Typed reading of the environment.

A blank value counts as missing, so that `NAME=` in an env file never passes for an answer.
Every refusal is an `ImproperlyConfigured` that names the variable and shows an example.
"""

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
# What placeholders and quick starts are made of.
_DEFAULTS = ("change", "insecure", "example", "default", "password", "secret", "placeholder", "…")
_FEWEST_DIFFERENT = 5
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


def secret(name: str, *, example: str, shortest: int = 8) -> str:
    """The variable's value, a secret; raises `ImproperlyConfigured` where anybody could know or guess it.

    That is: missing, shorter than `shortest` characters, the example itself, or what files come with.
    """
    value = required(name, example=example)
    if len(value) < shortest:
        raise ImproperlyConfigured(
            f"{name} must have at least {shortest} characters, for example {name}={example}"
        )
    if is_well_known(value, example=example):
        # Not the value: a log is no place for it, even if it is a bad one.
        raise ImproperlyConfigured(f"{name} is still a default that everybody knows; make one of your own")
    return value


def is_well_known(value: str, *, example: str = "") -> bool:
    """Whether a secret is a placeholder, a default, or hardly varied."""
    plain = value.casefold()
    return value == example or len(set(value)) < _FEWEST_DIFFERENT or any(word in plain for word in _DEFAULTS)


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


def list_of(name: str) -> list[str]:
    """The variable's comma-separated items, blanks dropped; empty where it is missing."""
    return [item.strip() for item in text(name).split(",") if item.strip()]
