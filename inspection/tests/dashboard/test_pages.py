"""The pages: for our own names alone, and hostile text stays text."""

import re
from pathlib import Path

import pytest

from inspection.dashboard import server
from inspection.tests.dashboard.conftest import Client, export

PAGES = Path(server.__file__).with_name("page")
HOSTILE = "</script><img src=x onerror=alert(1)>"


class TestEveryPage:
    @pytest.mark.parametrize("path", ["/", "/logs", "/traces", "/traces/0a0b", "/flow"])
    def test_is_the_same_document_with_nothing_of_the_data(self, client: Client, path: str) -> None:
        client.post(export(HOSTILE))
        answer = client.get(path)
        assert answer.status == 200
        assert answer.body == (PAGES / "index.html").read_bytes()

    @pytest.mark.parametrize("path", ["/", "/dashboard.js", "/api/traces", "/nothing"])
    def test_may_load_nothing_from_elsewhere(self, client: Client, path: str) -> None:
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"

    @pytest.mark.parametrize("path", ["/../server.py", "/index.html", "/api", "/page/dashboard.js", "//x"])
    def test_is_one_of_those_that_are_listed(self, client: Client, path: str) -> None:
        assert client.get(path).status == 404

    def test_makes_no_markup_of_text(self) -> None:
        script = (PAGES / "dashboard.js").read_text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", script
        )
        assert not re.search(r"<script(?! src)|\son\w+=|style=|https?:", (PAGES / "index.html").read_text())


class TestData:
    def test_is_json_and_no_page(self, client: Client) -> None:
        client.post(export(HOSTILE))
        answer = client.get("/api/traces")
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json[0]["root"][0] == HOSTILE

    def test_of_the_processes_says_that_no_supervisor_answers(self, client: Client) -> None:
        found = client.get("/api/processes").json
        assert found["problem"] == "The stack is not running. Start it with: ./manage_all.py up"
        assert found["memory"] > 0

    def test_of_an_unknown_trace_is_empty(self, client: Client) -> None:
        assert client.get("/api/trace?id='").json == client.get("/api/trace").json == []


class TestAnotherName:
    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1", "localhost.evil:1"])
    def test_leads_nowhere(self, client: Client, host: str) -> None:
        for path in ("/", "/api/logs"):
            assert client.get(path, Host=host).status == 403
        assert client.post(export("work"), Host=host).status == 403

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
    def test_as_origin_is_refused(self, client: Client, origin: str) -> None:
        assert client.get("/api/logs", Origin=origin).status == 403

    def test_of_our_own_is_served(self, client: Client) -> None:
        for name in ("127.0.0.1", "localhost"):
            host = f"{name}:{client.port}"
            assert client.get("/api/logs", Host=host, Origin=f"http://{host}").status == 200


class TestOtherMethods:
    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_are_unknown(self, client: Client, method: str) -> None:
        assert client.request(method, "/api/logs").status == 501

    def test_post_has_one_address(self, client: Client) -> None:
        assert client.post(b"", "/api/processes").status == 404
