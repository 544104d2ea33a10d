"""Ed25519 keys as files: the private one that auth signs with, the public set (JWKS) that everybody reads.

The public set is fetched ahead: a file, never a request. Several keys may stand in it, told apart by `kid`.
"""

import base64
import hashlib
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from service_defaults import errors, health

ALGORITHM = "EdDSA"

_LOOK_AGAIN_SECONDS = 5.0
# For a key that isn't known: a new one counts at once, and nonsense costs no more than this.
_LOOK_FOR_UNKNOWN_SECONDS = 0.2
# A TypeError is JSON of another shape than a set of keys.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError)
_logger = logging.getLogger(__name__)


class KeysUnavailable(errors.Unavailable):
    """Sign-in can't be checked at the moment. Please try again."""


class KeyRing:
    """The public keys of one JWKS file, re-read when the file changes.

    It is looked at every 5 s at most, or sooner for a key that isn't known yet. A file that becomes
    unreadable leaves the keys of its last good reading in place.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._changed_at: int | None = None
        self._looked_at = float("-inf")

    def get(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id, or None; raises `KeysUnavailable` while no key was ever read."""
        self._look(_LOOK_AGAIN_SECONDS if kid in self._keys else _LOOK_FOR_UNKNOWN_SECONDS)
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(kid)

    def _look(self, unless_since: float) -> None:
        now = time.monotonic()
        # An empty ring looks each time: it serves nobody until the file is there.
        if self._keys and now - self._looked_at < unless_since:
            return
        self._looked_at = now
        try:
            changed_at = Path(self._path).stat().st_mtime_ns
            if changed_at != self._changed_at:
                self._keys = _read_keys(self._path)
                self._changed_at = changed_at
        except _UNREADABLE as error:
            _logger.error("The public keys in %s can't be read: %r", self._path, error)


_rings: dict[str, KeyRing] = {}


def public_keys() -> KeyRing:
    """The ring of the file that AUTH_JWKS_FILE names, one per process."""
    path = str(settings.AUTH_JWKS_FILE)
    return _rings.setdefault(path, KeyRing(path))


def public_set() -> dict[str, Any]:
    """The JWKS document itself; raises `KeysUnavailable`."""
    try:
        return {"keys": json.loads(Path(settings.AUTH_JWKS_FILE).read_bytes())["keys"]}
    except _UNREADABLE as error:
        raise KeysUnavailable from error


@health.register("public keys")
def _keys_are_readable() -> str:
    return f"{len(_read_keys(str(settings.AUTH_JWKS_FILE)))} key(s)"


def _read_keys(path: str) -> dict[str, jwt.PyJWK]:
    document = json.loads(Path(path).read_bytes())
    keys = {item["kid"]: jwt.PyJWK(item, algorithm=ALGORITHM) for item in document["keys"]}
    if not keys:
        raise ValueError("no keys in the set")
    return keys


def public_jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """The key as a JSON Web Key (RFC 8037); `kid` is its RFC 7638 thumbprint."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    essence = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
    canonical = json.dumps(essence, separators=(",", ":"), sort_keys=True).encode()
    kid = _base64url(hashlib.sha256(canonical).digest())
    return {**essence, "kid": kid, "use": "sig", "alg": ALGORITHM}


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a PEM file; raises `OSError`, or `ValueError` for another kind of key."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 private key")  # noqa: TRY004  the file is wrong, not the type
    return key


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
