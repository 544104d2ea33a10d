"""pytest plugin for the services' tests: `-p service_defaults.testing`.

Before Django's settings are read it sets the environment to values for tests, key files included; only the
database must be given. It has the fixtures `api` and `sign_in`; to import are `token_for`, `client_of` and
`operator_in`.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import jwt
import pytest

if TYPE_CHECKING:
    from django.test import Client
    from rest_framework.test import APIClient

ORIGIN = "http://testserver"

_ENVIRONMENT = {
    "DJANGO_SECRET_KEY": "only-for-tests-" * 4,
    "DJANGO_CLIENT_IP_SIGNING_KEY": "only-for-tests-too-" * 4,
    "DJANGO_PUBLIC_ORIGIN": ORIGIN,
    "DJANGO_LOG_FORMAT": "text",
}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Prepare the environment before pytest-django reads the settings."""
    from service_defaults.key_files import create_key_files

    directory = tempfile.TemporaryDirectory(prefix="test-keys-")
    early_config.add_cleanup(directory.cleanup)
    private, public = create_key_files(Path(directory.name))
    files = {"AUTH_SIGNING_KEY_FILE": str(private), "AUTH_JWKS_FILE": str(public)}
    # Set, not defaulted: tests must sign with the key that goes with the public set.
    os.environ.update(_ENVIRONMENT | files)
    os.environ.setdefault("BROKER_URL", "filesystem:///nonexistent")
    return (yield)


def token_for(
    user_id: UUID | str,
    *,
    staff: bool = False,
    role: str = "",
    session_id: UUID | None = None,
    lasts: int = 300,
    **claims: Any,
) -> str:
    """Return an access token as auth signs it; `lasts` in seconds, further claims override."""
    from service_defaults import keys, tokens

    key = keys.read_signing_key(Path(os.environ["AUTH_SIGNING_KEY_FILE"]))
    now = int(time.time())
    payload = {
        "iss": tokens.ISSUER,
        "aud": tokens.AUDIENCE,
        "typ": tokens.ACCESS,
        "sub": str(user_id),
        "sid": str(session_id or uuid4()),
        "iat": now,
        "exp": now + lasts,
        "staff": staff,
        "role": role,
        "auth_time": now,
        **claims,
    }
    return jwt.encode(payload, key, keys.ALGORITHM, headers={"kid": keys.public_jwk(key.public_key())["kid"]})


def client_of(user_id: UUID | str, **claims: Any) -> "APIClient":
    """Return a client of the API with a Bearer token of the user; `claims` are those of `token_for`."""
    from rest_framework.test import APIClient

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_for(user_id, **claims)}")
    return client


def operator_in(home: str, *, role: str) -> "Client":
    """Return a browser with an operator of this role who has come into the admin at `home`."""
    from django.test import Client

    browser = Client()
    browser.cookies["access_token"] = token_for(uuid4(), staff=True, role=role)
    browser.get(f"{home}login/")
    return browser


@pytest.fixture
def api() -> "APIClient":
    """A client that sends JSON with the origin of our own pages, as a browser there does."""
    # Imported late: DRF reads the settings when its test module is imported.
    from rest_framework.test import APIClient

    client = APIClient()
    client.defaults["HTTP_ORIGIN"] = ORIGIN
    return client


@pytest.fixture
def sign_in() -> Callable[..., None]:
    """`sign_in(api, user_id, staff=False)`: give the client that user's access cookie."""

    def give_cookie(client: "APIClient", user_id: UUID | str, *, staff: bool = False) -> None:
        client.cookies["access_token"] = token_for(user_id, staff=staff)

    return give_cookie
