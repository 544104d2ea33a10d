import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from auth_service.accounts.models import Session, User
from auth_service.tests.factories import PASSWORD
from contracts.user import UserSessionsEnded, UserSignedUp
from service_defaults.keys import public_jwk, read_signing_key
from shared_events.testing import nothing_recorded, recorded_events

OPERATOR = "operator@example.com"
OPERATORS_PASSWORD = "eleven blue bottles"


def _run(command: str, **options: object) -> str:
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


class TestCreateKeys:
    def test_writes_a_private_key_and_a_public_set_with_it(self, tmp_path: Path) -> None:
        printed = _run("create_keys", directory=tmp_path / "new")
        private, public = tmp_path / "new/signing-key.pem", tmp_path / "new/jwks.json"
        assert printed.split() == [str(private), str(public)]
        assert (private.stat().st_mode & 0o777, public.stat().st_mode & 0o777) == (0o600, 0o644)
        key = read_signing_key(private)
        assert json.loads(public.read_bytes()) == {"keys": [public_jwk(key.public_key())]}

    def test_run_again_changes_nothing(self, tmp_path: Path) -> None:
        _run("create_keys", directory=tmp_path)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        _run("create_keys", directory=tmp_path)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_recreates_a_lost_public_set(self, tmp_path: Path) -> None:
        _run("create_keys", directory=tmp_path)
        lost = (tmp_path / "jwks.json").read_bytes()
        (tmp_path / "jwks.json").unlink()
        _run("create_keys", directory=tmp_path)
        assert (tmp_path / "jwks.json").read_bytes() == lost

    def test_keeps_the_old_public_key_beside_a_new_one(self, tmp_path: Path) -> None:
        _run("create_keys", directory=tmp_path)
        old = json.loads((tmp_path / "jwks.json").read_bytes())["keys"]
        (tmp_path / "signing-key.pem").unlink()
        _run("create_keys", directory=tmp_path)
        new = public_jwk(read_signing_key(tmp_path / "signing-key.pem").public_key())
        assert json.loads((tmp_path / "jwks.json").read_bytes())["keys"] == [new, *old]


@pytest.mark.django_db
class TestCreateOperator:
    @pytest.fixture(autouse=True)
    def password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUTH_OPERATOR_PASSWORD", OPERATORS_PASSWORD)

    def test_creates_an_operators_account(self, api: APIClient) -> None:
        assert _run("create_operator", email="Operator@Example.com").endswith("is now an operator\n")
        user = User.objects.get()
        assert (user.email, user.is_staff, user.version) == (OPERATOR, True, 1)
        assert recorded_events() == [UserSignedUp(status="active")]
        answer = api.post("/api/users/signin", {"email": OPERATOR, "password": OPERATORS_PASSWORD})
        assert answer.status_code == 200

    def test_run_again_changes_nothing(self) -> None:
        _run("create_operator", email=OPERATOR)
        before = User.objects.values().get()
        with nothing_recorded():
            assert "was already an operator" in _run("create_operator", email=OPERATOR.upper())
        assert User.objects.values().get() == before

    def test_does_not_print_the_password(self) -> None:
        assert OPERATORS_PASSWORD not in _run("create_operator", email=OPERATOR)

    def test_takes_over_another_users_account(self, browser: APIClient, session: Session) -> None:
        _run("create_operator", email=session.user.email)
        assert [type(event) for event in recorded_events()] == [UserSessionsEnded]
        session.refresh_from_db()
        assert session.end_reason == "password changed"
        assert session.user.is_staff
        assert browser.post("/api/users/refresh").status_code == 401
        theirs = {"email": session.user.email, "password": PASSWORD}
        assert browser.post("/api/users/signin", theirs).status_code == 400
        assert browser.post("/api/users/signin", theirs | {"password": OPERATORS_PASSWORD}).status_code == 200

    def test_changes_a_password_and_ends_the_sessions_it_opened(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _run("create_operator", email=OPERATOR)
        api.post("/api/users/signin", {"email": OPERATOR, "password": OPERATORS_PASSWORD})
        monkeypatch.setenv("AUTH_OPERATOR_PASSWORD", "twelve blue bottles")
        assert "is now an operator" in _run("create_operator", email=OPERATOR)
        assert Session.objects.get().end_reason == "password changed"

    @pytest.mark.parametrize("password", ["short", "84719650283", "password123", "x" * 257])
    def test_refuses_a_weak_password(self, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
        monkeypatch.setenv("AUTH_OPERATOR_PASSWORD", password)
        with pytest.raises(CommandError):
            _run("create_operator", email=OPERATOR)
        assert not User.objects.exists()

    @pytest.mark.parametrize("email", ["", "no-address", "a@", f"{'a' * 60}@{'b.' * 120}example.com"])
    def test_refuses_an_invalid_address(self, email: str) -> None:
        with pytest.raises(CommandError):
            _run("create_operator", email=email)

    def test_names_the_missing_password_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AUTH_OPERATOR_PASSWORD")
        with pytest.raises(ImproperlyConfigured, match="AUTH_OPERATOR_PASSWORD"):
            _run("create_operator", email=OPERATOR)


class TestRotateKeys:
    def test_signs_with_a_new_key_and_prints_that(self, tmp_path: Path) -> None:
        _run("create_keys", directory=tmp_path)
        before = public_jwk(read_signing_key(tmp_path / "signing-key.pem").public_key())["kid"]
        published, signing = _run("rotate_keys", directory=tmp_path, wait=0).splitlines()
        after = public_jwk(read_signing_key(tmp_path / "signing-key.pem").public_key())["kid"]
        assert (published, signing) == (f"published {after}", f"signing with {after}")
        kids = {jwk["kid"] for jwk in json.loads((tmp_path / "jwks.json").read_bytes())["keys"]}
        assert kids == {before, after}

    def test_can_be_done_step_by_step(self, tmp_path: Path) -> None:
        _run("create_keys", directory=tmp_path)
        assert _run("rotate_keys", directory=tmp_path, step="publish").startswith("published ")
        assert _run("rotate_keys", directory=tmp_path, step="sign").startswith("signing with ")
        assert _run("rotate_keys", directory=tmp_path, step="drop") == ""
        assert _run("rotate_keys", directory=tmp_path, step="drop", exposed=True).startswith("dropped ")

    def test_names_the_missing_key(self, tmp_path: Path) -> None:
        _run("create_keys", directory=tmp_path)
        with pytest.raises(CommandError, match="publish one first"):
            _run("rotate_keys", directory=tmp_path, step="sign")
        with pytest.raises(CommandError, match="can't be changed"):
            _run("rotate_keys", directory=tmp_path / "nowhere", wait=0)
