import json
import threading
from pathlib import Path
from uuid import uuid4

import jwt
import pytest

from service_defaults import key_files, keys, tokens
from service_defaults.testing import token_for


def _kids(directory: Path) -> list[str]:
    return [jwk["kid"] for jwk in json.loads((directory / "jwks.json").read_bytes())["keys"]]


def _signed_by(private: Path) -> str:
    key = keys.read_signing_key(private)
    claims = jwt.decode(token_for(uuid4()), options={"verify_signature": False})
    headers = {"kid": keys.public_jwk(key.public_key())["kid"]}
    return jwt.encode(claims, key, keys.ALGORITHM, headers=headers)


@pytest.fixture
def private(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The signing key of a directory whose public set this service reads, reading it at each use."""
    monkeypatch.setattr(keys, "_RELOAD_SECONDS", 0.0)
    monkeypatch.setattr(keys, "_RELOAD_FOR_UNKNOWN_SECONDS", 0.0)
    private, settings.AUTH_JWKS_FILE = key_files.create_key_files(tmp_path)
    return private


class TestAKeyRotation:
    def test_has_two_valid_keys_in_between(self, private: Path) -> None:
        directory = private.parent
        old, next_kid = _signed_by(private), key_files.publish_next_key(directory)
        assert len(_kids(directory)) == 2
        assert jwt.get_unverified_header(_signed_by(private))["kid"] != next_kid
        assert key_files.sign_with_next_key(directory) == next_kid
        new = _signed_by(private)
        assert jwt.get_unverified_header(new)["kid"] == next_kid
        assert tokens.verify(old)
        assert tokens.verify(new)

    def test_ends_with_the_old_key_refused(self, private: Path) -> None:
        old = _signed_by(private)
        key_files.publish_next_key(private.parent)
        key_files.sign_with_next_key(private.parent)
        assert key_files.drop_retired_keys(private.parent, after_seconds=3600) == []
        assert tokens.verify(old)
        [dropped] = key_files.drop_retired_keys(private.parent, after_seconds=0)
        assert dropped == jwt.get_unverified_header(old)["kid"]
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(old)
        assert tokens.verify(_signed_by(private))

    def test_never_drops_the_key_that_signs(self, private: Path) -> None:
        assert key_files.drop_retired_keys(private.parent, after_seconds=0) == []

    def test_may_be_published_again_without_a_third_key(self, private: Path) -> None:
        assert key_files.publish_next_key(private.parent) == key_files.publish_next_key(private.parent)
        assert len(_kids(private.parent)) == 2

    def test_needs_a_published_key(self, private: Path) -> None:
        with pytest.raises(key_files.NoNextKey):
            key_files.sign_with_next_key(private.parent)

    def test_keeps_private_keys_private(self, private: Path) -> None:
        key_files.publish_next_key(private.parent)
        following = private.parent / key_files.NEXT_KEY_NAME
        assert following.stat().st_mode & 0o777 == 0o600
        key_files.sign_with_next_key(private.parent)
        assert private.stat().st_mode & 0o777 == 0o600

    def test_loses_no_key_to_a_concurrent_one(self, private: Path) -> None:
        def change() -> None:
            for _ in range(5):
                key_files.publish_next_key(private.parent)

        threads = [threading.Thread(target=change) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(_kids(private.parent)) == 2


class TestAnUnknownKey:
    def test_is_searched_for_before_the_next_reload(
        self, private: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert tokens.verify(_signed_by(private))
        monkeypatch.setattr(keys, "_RELOAD_SECONDS", 3600.0)
        key_files.publish_next_key(private.parent)
        key_files.sign_with_next_key(private.parent)
        assert tokens.verify(_signed_by(private))


class TestATokenThatBringsItsKey:
    @pytest.mark.parametrize("header", ["jku", "jwk", "x5u", "x5c"])
    def test_is_refused_even_if_we_signed_it(self, private: Path, header: str) -> None:
        key = keys.read_signing_key(private)
        jwk = keys.public_jwk(key.public_key())
        claims = jwt.decode(token_for(uuid4()), options={"verify_signature": False})
        offered = {
            "jku": "https://evil.example/jwks.json",
            "jwk": jwk,
            "x5u": "https://evil.example",
            "x5c": [],
        }
        token = jwt.encode(claims, key, "EdDSA", headers={"kid": jwk["kid"], header: offered[header]})
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(token)
