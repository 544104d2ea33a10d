"""Create the files of the signing keys, and rotate keys without signing any user out.

A directory has the private key that auth signs with, the public set (JWKS) that every service reads, and
during a rotation the next private key. A rotation has three steps:

1. `publish_next_key`: the next key is in the public set, and nothing is signed with it yet.
2. `sign_with_next_key`, once every service has read the set: auth signs with it; the old key stays valid.
3. `drop_retired_keys`, once every token that the old key signed has expired.
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

#: The member of a public key with the time since which nothing is signed with it, in seconds of the epoch.
RETIRED = "retired_at"


class NoNextKey(Exception):
    """No next key was published."""

    def __init__(self) -> None:
        super().__init__("there is no next key, publish one first")


def create_key_files(directory: Path) -> tuple[Path, Path]:
    """Create the private key (mode 0600) and the public set where they are missing; return both paths.

    A private key that isn't in the public set is added to it, beside the keys it has.
    """
    directory.mkdir(parents=True, exist_ok=True)
    private, public = directory / SIGNING_KEY_NAME, directory / JWKS_NAME
    with _locked(directory):
        if not private.exists():
            _write(private, _pem(Ed25519PrivateKey.generate()), mode=0o600)
        _publish(directory, _public_jwk_of(private))
    return private, public


def publish_next_key(directory: Path) -> str:
    """Create the next key where there is none, and add it to the public set; return its `kid`."""
    next_key = directory / NEXT_KEY_NAME
    with _locked(directory):
        if not next_key.exists():
            _write(next_key, _pem(Ed25519PrivateKey.generate()), mode=0o600)
        jwk = _public_jwk_of(next_key)
        _publish(directory, jwk)
    return jwk["kid"]


def sign_with_next_key(directory: Path) -> str:
    """Replace the signing key by the published next key; return its `kid`. Raises `NoNextKey`."""
    next_key, private = directory / NEXT_KEY_NAME, directory / SIGNING_KEY_NAME
    with _locked(directory):
        if not next_key.exists():
            raise NoNextKey
        old, new = _public_jwk_of(private)["kid"], _public_jwk_of(next_key)["kid"]
        next_key.replace(private)
        published = _published_keys(directory)
        _write_set(directory, [_retired(jwk) if jwk["kid"] == old else jwk for jwk in published])
    return new


def drop_retired_keys(directory: Path, *, after_seconds: float) -> list[str]:
    """Remove keys from the public set that were retired at least so long ago; return their `kid`s."""
    retired_before = time.time() - after_seconds
    with _locked(directory):
        known = _published_keys(directory)
        kept = [jwk for jwk in known if RETIRED not in jwk or jwk[RETIRED] > retired_before]
        if len(kept) < len(known):
            _write_set(directory, kept)
    return [jwk["kid"] for jwk in known if jwk not in kept]


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Lock the directory: two changes at once would lose each other's keys."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _public_jwk_of(private: Path) -> dict[str, str]:
    return public_jwk(read_signing_key(private).public_key())


def _published_keys(directory: Path) -> list[dict[str, Any]]:
    path = directory / JWKS_NAME
    keys: list[dict[str, Any]] = json.loads(path.read_bytes())["keys"] if path.exists() else []
    return keys


def _publish(directory: Path, jwk: dict[str, str]) -> None:
    known = _published_keys(directory)
    if jwk["kid"] not in {key["kid"] for key in known}:
        _write_set(directory, [jwk, *known])


def _retired(jwk: dict[str, Any]) -> dict[str, Any]:
    return {**jwk, RETIRED: int(time.time())}


def _write_set(directory: Path, keys: list[dict[str, Any]]) -> None:
    _write(directory / JWKS_NAME, json.dumps({"keys": keys}, indent=2).encode(), mode=0o644)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    # Renamed into place whole: a reader never reads half a file.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
    Path(temporary).replace(path)


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
