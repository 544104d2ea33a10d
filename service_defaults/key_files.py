"""Making the key files, and changing keys without anybody being signed out.

A directory holds the private key that auth signs with, the public set that everybody reads, and during a
change the private key that comes next. A change has three steps:

1. `publish_next_key`: the next key is in the public set, and nothing is signed with it yet.
2. `sign_with_next_key`, once every reader has met the set: from then on it signs; the old one still counts.
3. `drop_retired_keys`, once nothing that the old one signed is alive.
"""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service_defaults.keys import public_jwk, read_signing_key

SIGNING_KEY_NAME = "signing-key.pem"
NEXT_KEY_NAME = "next-key.pem"
JWKS_NAME = "jwks.json"

#: The member of a public key that says since when nothing is signed with it, in seconds of the epoch.
RETIRED = "retired_at"


class NoNextKey(Exception):
    """Nothing was published that could be signed with next."""

    def __init__(self) -> None:
        super().__init__("there is no next key, publish one first")


def create_key_files(directory: Path) -> tuple[Path, Path]:
    """Make what is missing of the private key (mode 0600) and the public set; touch nothing that is there.

    A public set that doesn't know the private key gains it beside the keys it has.
    """
    directory.mkdir(parents=True, exist_ok=True)
    private, public = directory / SIGNING_KEY_NAME, directory / JWKS_NAME
    with _alone(directory):
        if not private.exists():
            _write(private, _pem(Ed25519PrivateKey.generate()), mode=0o600)
        _publish(directory, _own(private))
    return private, public


def publish_next_key(directory: Path) -> str:
    """Make the next key where there is none, and add it to the public set; returns its `kid`."""
    following = directory / NEXT_KEY_NAME
    with _alone(directory):
        if not following.exists():
            _write(following, _pem(Ed25519PrivateKey.generate()), mode=0o600)
        jwk = _own(following)
        _publish(directory, jwk)
    return jwk["kid"]


def sign_with_next_key(directory: Path) -> str:
    """Put the published next key in the signing key's place; returns its `kid`. Raises `NoNextKey`."""
    following, private = directory / NEXT_KEY_NAME, directory / SIGNING_KEY_NAME
    with _alone(directory):
        if not following.exists():
            raise NoNextKey
        old, new = _own(private)["kid"], _own(following)["kid"]
        following.replace(private)
        _write_set(directory, [_retired(jwk) if jwk["kid"] == old else jwk for jwk in _known(directory)])
    return new


def drop_retired_keys(directory: Path, *, after_seconds: float) -> list[str]:
    """Take out of the public set what was retired at least so long ago; returns the `kid`s."""
    retired_before = time.time() - after_seconds
    with _alone(directory):
        known = _known(directory)
        kept = [jwk for jwk in known if RETIRED not in jwk or jwk[RETIRED] > retired_before]
        if len(kept) < len(known):
            _write_set(directory, kept)
    return [jwk["kid"] for jwk in known if jwk not in kept]


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Two changes at once would lose one another's keys."""
    held = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _own(private: Path) -> dict[str, str]:
    return public_jwk(read_signing_key(private).public_key())


def _known(directory: Path) -> list[dict[str, Any]]:
    path = directory / JWKS_NAME
    keys: list[dict[str, Any]] = json.loads(path.read_bytes())["keys"] if path.exists() else []
    return keys


def _publish(directory: Path, jwk: dict[str, str]) -> None:
    known = _known(directory)
    if jwk["kid"] not in {key["kid"] for key in known}:
        _write_set(directory, [jwk, *known])


def _retired(jwk: dict[str, Any]) -> dict[str, Any]:
    return {**jwk, RETIRED: int(time.time())}


def _write_set(directory: Path, keys: list[dict[str, Any]]) -> None:
    _write(directory / JWKS_NAME, json.dumps({"keys": keys}, indent=2).encode(), mode=0o644)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    # Renamed into place whole: a reader never meets half a file.
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
    Path(aside).replace(path)


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
