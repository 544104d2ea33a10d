"""Read the Ed25519 keys of tokens from files: auth's private key, and the public set (JWKS) of every service.

The public set is a file, so no request is made for it. It may have several keys, identified by `kid`.
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

_RELOAD_SECONDS = 5.0
# For an unknown `kid`: a new key is accepted soon, and tokens with made-up ids cause no more reads than this.
_RELOAD_FOR_UNKNOWN_SECONDS = 0.2
# A TypeError: the JSON is no set of keys.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError)
_logger = logging.getLogger(__name__)


class KeysUnavailable(errors.Unavailable):
    """Sign-in can't be checked at the moment. Please try again."""


class KeyRing:
    """The public keys of one JWKS file, read again when the file changes.

    The file is checked every 5 s at most, or after 0.2 s for an unknown key. While it is unreadable, the keys
    that were read last stay valid.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._changed_at: int | None = None
        self._checked_at = float("-inf")

    def get(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of that id, or None; raise `KeysUnavailable` while no key was ever read."""
        self._reload_if_due(_RELOAD_SECONDS if kid in self._keys else _RELOAD_FOR_UNKNOWN_SECONDS)
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(kid)

    def _reload_if_due(self, interval: float) -> None:
        now = time.monotonic()
        # An empty ring checks each time: it can verify nothing until the file is there.
        if self._keys and now - self._checked_at < interval:
            return
        self._checked_at = now
        try:
            changed_at = Path(self._path).stat().st_mtime_ns
            if changed_at != self._changed_at:
                self._keys = _read_keys(self._path)
                self._changed_at = changed_at
        except _UNREADABLE as error:
            _logger.error("The public keys in %s can't be read: %r", self._path, error)


_rings: dict[str, KeyRing] = {}


def public_keys() -> KeyRing:
    """Return the key ring of the file that AUTH_JWKS_FILE names, one per process."""
    path = str(settings.AUTH_JWKS_FILE)
    return _rings.setdefault(path, KeyRing(path))


def public_set() -> dict[str, Any]:
    """Return the JWKS document; raise `KeysUnavailable`."""
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
    """Return the key as a JSON Web Key (RFC 8037); `kid` is its RFC 7638 thumbprint."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    required = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True).encode()
    kid = _base64url(hashlib.sha256(canonical).digest())
    return {**required, "kid": kid, "use": "sig", "alg": ALGORITHM}


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a PEM file; raise `OSError`, or `ValueError` for another kind of key."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 private key")  # noqa: TRY004  the file is wrong, not the type
    return key


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
