"""Typed values from environment variables.

A blank value counts as missing, so that `NAME=` in an env file is no value.
Every error is an `ImproperlyConfigured` that names the variable and shows an example.
"""

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
# Words in the secrets of placeholders and quick starts.
_PLACEHOLDER_WORDS = ("change", "insecure", "example", "default", "password", "secret", "placeholder", "…")
_MIN_DISTINCT_CHARACTERS = 5
_FALSE = frozenset({"0", "false", "no", "off"})


def text(name: str, *, default: str = "") -> str:
    """Return the variable's value without surrounding blanks, or the default."""
    return os.environ.get(name, "").strip() or default


def required(name: str, *, example: str) -> str:
    """Return the variable's value; raise `ImproperlyConfigured` where it is missing or blank."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} must be set, for example {name}={example}")
    return value


def secret(name: str, *, example: str, min_length: int = 8) -> str:
    """Return the variable's value, a secret; raise `ImproperlyConfigured` for one that can be guessed.

    That is: missing, shorter than `min_length` characters, the example itself, or a known default.
    """
    value = required(name, example=example)
    if len(value) < min_length:
        raise ImproperlyConfigured(
            f"{name} must have at least {min_length} characters, for example {name}={example}"
        )
    if is_well_known(value, example=example):
        # Without the value: messages are logged.
        raise ImproperlyConfigured(f"{name} is still a publicly known default; make one of your own")
    return value


def is_well_known(value: str, *, example: str = "") -> bool:
    """Whether a secret is a placeholder, a default, or has few distinct characters."""
    plain = value.casefold()
    has_few_characters = len(set(value)) < _MIN_DISTINCT_CHARACTERS
    return value == example or has_few_characters or any(word in plain for word in _PLACEHOLDER_WORDS)


def integer(name: str, *, default: int, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return the variable as a whole number, within the minimum and maximum where they are given."""
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
    """Return the variable as a boolean: 1/true/yes/on or 0/false/no/off, in any case."""
    value = text(name, default="1" if default else "0").lower()
    if value not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, for example {name}={int(default)}")
    return value in _TRUE


def choice(name: str, *, options: tuple[str, ...], default: str) -> str:
    """Return the variable as one of the options, matched without regard to case."""
    value = text(name, default=default).casefold()
    for option in options:
        if option.casefold() == value:
            return option
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, for example {name}={default}")


def list_of(name: str) -> list[str]:
    """Return the variable's comma-separated items without blank ones; empty where it is missing."""
    return [item.strip() for item in text(name).split(",") if item.strip()]
