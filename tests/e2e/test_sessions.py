"""Sessions across services: a revocation reaches all of them, and a change of keys ends none."""

import subprocess
import threading
import uuid
from collections import Counter
from collections.abc import Iterator

import httpx
import jwt
import pytest

from tests.running_stack import RunningStack, wait_for

PASSWORD = "correct horse battery staple"
#: One route per service that needs a signed-in user.
OWN = ("/api/users/currentuser", "/api/tickets", "/api/orders", "/api/payments")


@pytest.fixture
def client(stack: RunningStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, timeout=30) as client:
        yield client


def _sign_up(client: httpx.Client) -> dict[str, str]:
    credentials = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
    client.post("/api/users/signup", json=credentials).raise_for_status()
    client.cookies.clear()
    return credentials


def _token(client: httpx.Client, credentials: dict[str, str]) -> str:
    answer = client.post("/api/users/token", json=credentials)
    answer.raise_for_status()
    access: str = answer.json()["access"]
    return access


def _statuses(client: httpx.Client, token: str) -> set[int]:
    headers = {"Authorization": f"Bearer {token}"}
    return {client.get(route, headers=headers).status_code for route in OWN}


class TestSigningOut:
    def test_reaches_every_service(self, client: httpx.Client) -> None:
        credentials = _sign_up(client)
        token, other = _token(client, credentials), _token(client, credentials)
        assert _statuses(client, token) == {200}
        client.post("/api/users/signout", json={}, headers={"Authorization": f"Bearer {token}"})
        wait_for(lambda: _statuses(client, token) == {401}, within=10, what="refused everywhere")
        assert _statuses(client, other) == {200}


class TestAChangeOfKeys:
    def test_under_load_causes_no_401(self, stack: RunningStack, client: httpx.Client) -> None:
        credentials = _sign_up(client)
        stop, answers, kids = threading.Event(), Counter[int](), set[str]()
        loads = [
            threading.Thread(target=_load, args=(stack.url, credentials, stop, answers, kids))
            for _ in range(3)
        ]
        for load in loads:
            load.start()
        try:
            wait_for(lambda: answers.total() > 50, what="the load under way")
            first = set(kids)
            rotation = _rotate_keys(stack)
            wait_for(lambda: len(kids) == 2, what="tokens signed with the new key")
            # Everybody who refreshes from here on shows a token of the new key, with the old one still about.
            so_far = answers.total()
            wait_for(lambda: answers.total() > so_far + 100, what="more of the load")
        finally:
            stop.set()
            for load in loads:
                load.join()
        assert "signing with" in rotation
        assert len(first) == 1
        assert set(answers) == {200}


def _rotate_keys(stack: RunningStack) -> str:
    return subprocess.run(
        stack.manage("auth", "rotate_keys", "--directory", str(stack.run_dir / "keys"), "--wait", "7"),
        env=stack.environment("auth"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _load(
    url: str, credentials: dict[str, str], stop: threading.Event, answers: Counter[int], kids: set[str]
) -> None:
    """Sign in, ask every service, refresh, ask again: with tokens of the old key and of the new one."""
    with httpx.Client(base_url=url, timeout=30) as client:
        while not stop.is_set():
            pair = client.post("/api/users/token", json=credentials)
            answers[pair.status_code] += 1
            tokens = pair.json()
            for _ in range(3):
                headers = {"Authorization": f"Bearer {tokens['access']}"}
                for route in OWN:
                    answers[client.get(route, headers=headers).status_code] += 1
                refreshed = client.post("/api/users/refresh", json={"refresh": tokens["refresh"]})
                answers[refreshed.status_code] += 1
                tokens = refreshed.json()
                kids.add(_kid(tokens["access"]))


def _kid(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid
