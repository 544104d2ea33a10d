"""A new password in the files of a deployment, and nothing else changed."""

import base64
import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from deploy import secrets as deployment_secrets
from deploy.renewed_secrets import NothingToRenew, renew


def texts(folder: Path) -> dict[str, str]:
    """The text of every file below a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def lines(text: str) -> dict[str, str]:
    """An env file's values."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#")


def accepts(definitions: str, user: str, password: str) -> bool:
    """Whether RabbitMQ would let a user in who says this password."""
    users: list[dict[str, Any]] = json.loads(definitions)["users"]
    [found] = [one["password_hash"] for one in users if one["name"] == user]
    raw = base64.b64decode(found)
    return raw[4:] == hashlib.sha256(raw[:4] + password.encode()).digest()


@pytest.fixture
def kubernetes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Keys are of no interest here, and take a service to make.
    monkeypatch.setattr(deployment_secrets, "_signing_keys", lambda directory, secrets: [])
    deployment_secrets.for_kubernetes(tmp_path)
    return tmp_path


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    deployment_secrets.for_compose(tmp_path)
    return tmp_path


class TestKubernetes:
    def test_gets_a_broker_password_for_one_service(
        self, kubernetes: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = texts(kubernetes)
        assert renew("kubernetes", kubernetes, "orders.broker") == 0
        new, after = capsys.readouterr().out.strip(), texts(kubernetes)
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"secrets.json", "orders.env", "definitions.json"}
        assert lines(after["orders.env"])["BROKER_URL"] == f"amqp://orders:{new}@rabbitmq:5672/marketplace"
        assert accepts(after["definitions.json"], "orders", new)
        assert not accepts(before["definitions.json"], "orders", new)
        assert json.loads(after["secrets.json"])["orders.broker"] == new

    def test_gets_a_database_password_wherever_the_database_was_moved(
        self, kubernetes: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = kubernetes / "orders.env"
        url = "postgres://shop_orders:by-hand@db.example.com:5432/shop?sslmode=verify-full"
        settings.write_text(f"ORDERS_DATABASE_URL={url}\n")
        renew("kubernetes", kubernetes, "orders.database")
        new = capsys.readouterr().out.strip()
        assert lines(settings.read_text()) == {"ORDERS_DATABASE_URL": url.replace("by-hand", new)}
        postgres = lines((kubernetes / "orders-postgres.env").read_text())
        assert postgres["POSTGRES_PASSWORD"] == new

    def test_is_left_as_it_is_where_a_place_for_the_password_is_missing(self, kubernetes: Path) -> None:
        (kubernetes / "orders.env").write_text("BROKER_URL=amqp://rabbitmq/marketplace\n")
        before = texts(kubernetes)
        with pytest.raises(NothingToRenew, match=r"orders\.env .* BROKER_URL"):
            renew("kubernetes", kubernetes, "orders.broker")
        assert texts(kubernetes) == before

    def test_has_nothing_to_renew_before_there_is_something(self, tmp_path: Path) -> None:
        with pytest.raises(NothingToRenew, match="No secrets were made"):
            renew("kubernetes", tmp_path, "orders.broker")
        assert list(tmp_path.iterdir()) == []


class TestCompose:
    def test_gets_a_broker_password_for_one_service(
        self, compose: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before, users = lines((compose / ".env").read_text()), compose / "secrets" / "definitions.json"
        renew("compose", compose, "orders.broker")
        new, after = capsys.readouterr().out.strip(), lines((compose / ".env").read_text())
        assert after == {**before, "ORDERS_BROKER_PASSWORD": new}
        assert accepts(users.read_text(), "orders", new)
        assert stat.S_IMODE(users.stat().st_mode) == 0o644, "RabbitMQ reads it as a user of its own"
        assert stat.S_IMODE((compose / ".env").stat().st_mode) == 0o600

    def test_gets_a_database_password(self, compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before = lines((compose / ".env").read_text())
        renew("compose", compose, "auth.database")
        new = capsys.readouterr().out.strip()
        assert lines((compose / ".env").read_text()) == {**before, "AUTH_DATABASE_PASSWORD": new}
