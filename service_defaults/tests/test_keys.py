import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import jwt
import pytest

from service_defaults import health, key_files, keys, tokens
from service_defaults.testing import token_for

BROKEN = [
    "",
    "{",
    "[]",
    "null",
    "{}",
    '{"keys": []}',
    '{"keys": {}}',
    '{"keys": ["x"]}',
    '{"keys": [{"kid": "x"}]}',
]


@pytest.fixture
def jwks(tmp_path: Path, settings) -> Path:
    """A JWKS file of one test, with the key that signs the tests' tokens."""
    path = tmp_path / "set.json"
    path.write_bytes(Path(settings.AUTH_JWKS_FILE).read_bytes())
    settings.AUTH_JWKS_FILE = str(path)
    return path


@pytest.fixture
def reloads_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the file at each use."""
    monkeypatch.setattr(keys, "_RELOAD_SECONDS", 0.0)
    monkeypatch.setattr(keys, "_RELOAD_FOR_UNKNOWN_SECONDS", 0.0)


@pytest.fixture
def write(jwks: Path) -> Callable[[str], None]:
    """Replace the file; two writes never have the same modification time."""

    def write(content: str) -> None:
        before = jwks.stat().st_mtime_ns
        jwks.write_text(content)
        os.utime(jwks, ns=(before + 1, before + 1))

    return write


def _new_key(directory: Path) -> tuple[dict[str, str], str]:
    """A fresh key's JWK, and a token signed with it."""
    private, public = key_files.create_key_files(directory / uuid4().hex)
    [jwk] = json.loads(public.read_bytes())["keys"]
    payload = jwt.decode(token_for(uuid4()), options={"verify_signature": False})
    return jwk, jwt.encode(payload, keys.read_signing_key(private), "EdDSA", headers={"kid": jwk["kid"]})


@pytest.mark.usefixtures("reloads_each_time")
class TestRotation:
    def test_accepts_a_key_that_was_added_to_the_file(self, tmp_path: Path, jwks: Path, write) -> None:
        old = token_for(uuid4())
        jwk, new = _new_key(tmp_path)
        tokens.verify(old)
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(new)
        write(json.dumps({"keys": [jwk, *json.loads(jwks.read_bytes())["keys"]]}))
        assert tokens.verify(new)
        assert tokens.verify(old)

    def test_refuses_a_key_that_was_removed(self, tmp_path: Path, write) -> None:
        old = token_for(uuid4())
        tokens.verify(old)
        jwk, new = _new_key(tmp_path)
        write(json.dumps({"keys": [jwk]}))
        assert tokens.verify(new)
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(old)

    @pytest.mark.parametrize("content", BROKEN)
    def test_keeps_the_last_good_keys_while_the_file_is_broken(
        self, write, caplog: pytest.LogCaptureFixture, content: str
    ) -> None:
        token = token_for(uuid4())
        tokens.verify(token)
        write(content)
        assert tokens.verify(token)
        assert "can't be read" in caplog.text

    def test_keeps_them_while_the_file_is_missing_and_reads_it_again(
        self, tmp_path: Path, jwks: Path
    ) -> None:
        token = token_for(uuid4())
        tokens.verify(token)
        jwks.unlink()
        assert tokens.verify(token)
        jwk, new = _new_key(tmp_path)
        jwks.write_text(json.dumps({"keys": [jwk]}))
        assert tokens.verify(new)


class TestTheFile:
    def test_is_checked_every_five_seconds_at_most(self, tmp_path: Path, write) -> None:
        token = token_for(uuid4())
        tokens.verify(token)
        jwk, new = _new_key(tmp_path)
        write(json.dumps({"keys": [jwk]}))
        assert tokens.verify(token)
        with pytest.raises(tokens.InvalidToken):
            tokens.verify(new)

    @pytest.mark.parametrize("content", BROKEN)
    def test_that_was_never_readable_makes_tokens_unverifiable(self, write, content: str) -> None:
        """503 for now, not a 401 that signs every user out."""
        write(content)
        with pytest.raises(keys.KeysUnavailable):
            tokens.verify(token_for(uuid4()))

    def test_that_is_created_late_is_read_at_once(self, jwks: Path) -> None:
        content = jwks.read_bytes()
        jwks.unlink()
        with pytest.raises(keys.KeysUnavailable):
            tokens.verify(token_for(uuid4()))
        jwks.write_bytes(content)
        assert tokens.verify(token_for(uuid4()))

    def test_is_returned_as_the_public_set(self, jwks: Path) -> None:
        assert keys.public_set() == json.loads(jwks.read_bytes())

    @pytest.mark.parametrize("content", ["{", "[]", "{}"])
    def test_that_is_broken_is_unavailable(self, write, content: str) -> None:
        write(content)
        with pytest.raises(keys.KeysUnavailable):
            keys.public_set()

    def test_is_a_check_of_readiness(self, jwks: Path) -> None:
        check = health._checks["public keys"]
        assert check() == "1 key(s)"
        jwks.unlink()
        with pytest.raises(OSError, match="No such file"):
            check()


class TestCreateKeyFiles:
    def test_makes_a_private_key_that_only_its_owner_reads(self, tmp_path: Path) -> None:
        private, public = key_files.create_key_files(tmp_path / "new" / "place")
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
        assert stat.S_IMODE(public.stat().st_mode) == 0o644
        [jwk] = json.loads(public.read_bytes())["keys"]
        assert jwk == keys.public_jwk(keys.read_signing_key(private).public_key())
        assert set(jwk) == {"crv", "kty", "x", "kid", "use", "alg"}

    def test_leaves_alone_what_is_there(self, tmp_path: Path) -> None:
        before = [path.read_bytes() for path in key_files.create_key_files(tmp_path)]
        assert [path.read_bytes() for path in key_files.create_key_files(tmp_path)] == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["jwks.json", "signing-key.pem"]

    def test_adds_a_new_private_key_to_the_public_set(self, tmp_path: Path) -> None:
        private, public = key_files.create_key_files(tmp_path)
        [old] = json.loads(public.read_bytes())["keys"]
        private.unlink()
        key_files.create_key_files(tmp_path)
        new, kept = json.loads(public.read_bytes())["keys"]
        assert kept == old
        assert new["kid"] != old["kid"]

    def test_names_a_key_by_its_thumbprint(self) -> None:
        """The example of RFC 8037, appendix A.3."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        raw = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        jwk = keys.public_jwk(Ed25519PublicKey.from_public_bytes(raw))
        assert jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        assert jwk["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


class TestReadSigningKey:
    def test_refuses_another_kind_of_key(self, tmp_path: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey

        path = tmp_path / "key.pem"
        path.write_bytes(key_files._pem(Ed448PrivateKey.generate()))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="is not an Ed25519 private key"):
            keys.read_signing_key(path)
