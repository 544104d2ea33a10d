"""The gateway, with one service behind it and the others away."""

import http.client
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from local_stack.backing import gateway
from local_stack.backing.ports import is_free
from local_stack.stack import Stack
from local_stack.supervisor.launch import plan
from tests.ephemeral_postgres import temporary_run_dir
from tests.running_stack import wait_for


class Echo(BaseHTTPRequestHandler):
    """Answers with the request that it received."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            while (size := int(self.rfile.readline(), 16)) > 0:
                self.rfile.read(size + 2)
        said = json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    do_POST = do_GET  # noqa: N815 (the base class's names)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with temporary_run_dir() as run_dir:
        yield plan(run_dir, broker="embedded", any_port=True)


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    """Visits a gateway behind which only auth and the frontend are there."""
    services = [ThreadingHTTPServer(("127.0.0.1", stack.ports[name]), Echo) for name in ("auth", "frontend")]
    for service in services:
        threading.Thread(target=service.serve_forever).start()
    caddy = subprocess.Popen(
        gateway.command(stack),
        env=gateway.environment(stack),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: not is_free(stack.ports["gateway"]))
    with httpx.Client(base_url=f"http://127.0.0.1:{stack.ports['gateway']}") as client:
        yield client
    caddy.terminate()
    assert caddy.wait(timeout=10) == 0
    for service in services:
        service.shutdown()
        service.server_close()


def problem(answer: httpx.Response) -> dict[str, object]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, object] = answer.json()
    assert found["status"] == answer.status_code
    assert found["request_id"]
    assert found["errors"]
    return found


class TestRoutes:
    @pytest.mark.parametrize(
        "path", ["/api/users", "/api/users/signup", "/admin/auth/", "/static/auth/x.css"]
    )
    def test_hand_each_prefix_to_its_service(self, client: httpx.Client, path: str) -> None:
        assert client.get(path).json()["path"] == path

    @pytest.mark.parametrize("path", ["/", "/orders", "/api/docs/", "/static/frontend/x.css", "/admin/x"])
    def test_hand_everything_else_to_the_frontend(self, client: httpx.Client, path: str) -> None:
        assert client.get(path).json()["path"] == path

    @pytest.mark.parametrize("path", ["/api", "/api/nothing", "/api/userss", "/api/docsx"])
    def test_answer_unknown_api_paths_with_a_problem(self, client: httpx.Client, path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 404
        assert str(problem(answer)["type"]).endswith("/problems/not-found")

    def test_do_not_show_health(self, client: httpx.Client) -> None:
        assert client.get("/health/ready").status_code == 404


class TestAServiceThatIsAway:
    def test_is_a_503_problem_with_retry_after_under_api(self, client: httpx.Client) -> None:
        answer = client.get("/api/orders")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert str(problem(answer)["type"]).endswith("/problems/unavailable")

    def test_is_a_plain_page_elsewhere(self, client: httpx.Client) -> None:
        answer = client.get("/admin/orders/")
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Back in a moment" in answer.text


class TestABody:
    @pytest.mark.parametrize("path", ["/api/users/signup", "/api/orders", "/api/nothing", "/sell"])
    def test_of_more_than_a_megabyte_is_refused(self, client: httpx.Client, path: str) -> None:
        answer = client.post(path, content=b"x" * 2_000_000)
        assert answer.status_code == 413
        assert str(problem(answer)["type"]).endswith("/problems/body-too-large")

    def test_that_does_not_say_its_length_is_refused_as_well(self, client: httpx.Client) -> None:
        answer = client.post("/api/users/signup", content=iter([b"x" * 600_000, b"x" * 600_000]))
        assert answer.status_code == 413

    def test_is_read_to_its_end_before_it_is_refused(self, stack: Stack, client: httpx.Client) -> None:
        """A sender who is slow must still get the answer instead of a closed connection."""
        with closing(
            http.client.HTTPConnection("127.0.0.1", stack.ports["gateway"], timeout=10)
        ) as connection:
            connection.putrequest("POST", "/api/users/signup")
            connection.putheader("Content-Length", "3000000")
            connection.endheaders()
            for _ in range(30):
                connection.send(b"x" * 100_000)
                time.sleep(0.04)  # all in all longer than the gateway would leave a refused sender connected
            assert connection.getresponse().status == 413

    def test_just_below_passes(self, client: httpx.Client) -> None:
        assert client.post("/api/users/signup", content=b"x" * 990_000).status_code == 200


class TestHeaders:
    def test_that_claim_an_address_are_the_gateways_own(self, client: httpx.Client) -> None:
        forged = {"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
        seen = client.get("/api/users", headers=forged).json()["headers"]
        assert seen["x-forwarded-for"] == "127.0.0.1"
        assert "6.6.6.6" not in str(seen)

    def test_keep_a_harmless_request_id(self, client: httpx.Client) -> None:
        seen = client.get("/api/users", headers={"X-Request-Id": "abc-1"}).json()["headers"]
        assert seen["x-request-id"] == "abc-1"

    def test_replace_a_request_id_that_could_break_out(self, stack: Stack, client: httpx.Client) -> None:
        answer = client.get("/api/nothing", headers={"X-Request-Id": '","x":"'})
        assert '"x"' not in answer.text
        assert problem(answer)

    def test_without_a_request_id_get_one(self, client: httpx.Client) -> None:
        assert client.get("/api/users").json()["headers"]["x-request-id"]


class TestTheGateway:
    def test_has_no_administration_port(self, client: httpx.Client) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", 2019, timeout=2)
        try:
            connection.request("GET", "/config/")
            answered = b"reverse_proxy" in connection.getresponse().read()
        except OSError:
            answered = False
        finally:
            connection.close()
        assert not answered
