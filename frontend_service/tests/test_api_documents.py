import pytest

from frontend_service.pages import api_documents
from frontend_service.pages.openapi import merge
from frontend_service.tests.browser import Browser
from frontend_service.tests.fake_marketplace import Marketplace


class TestMergedDocument:
    def test_has_every_services_routes(self, signed_out: Browser) -> None:
        document = signed_out.open("/api/docs/openapi.json").json()
        assert document["openapi"].startswith("3.1")
        assert set(document["paths"]) == {"/api/users", "/api/tickets", "/api/orders", "/api/payments"}
        assert document["paths"]["/api/orders"]["get"]["tags"] == ["orders"]
        assert "x-missing" not in document

    def test_names_a_service_that_is_down(self, marketplace: Marketplace, signed_out: Browser) -> None:
        marketplace.down = {"payments"}
        document = signed_out.open("/api/docs/openapi.json").json()
        assert "/api/payments" not in document["paths"]
        assert document["x-missing"] == ["payments"]
        assert "payments" in document["info"]["description"]

    def test_fetches_each_service_once_a_minute_and_retries_a_missing_one(
        self, marketplace: Marketplace, signed_out: Browser
    ) -> None:
        marketplace.down = {"payments"}
        for _ in range(2):
            signed_out.open("/api/docs/openapi.json")
        paths = [request.url.path for request in marketplace.seen]
        assert paths.count("/api/orders/openapi.json") == 1
        assert paths.count("/api/payments/openapi.json") == 2

    def test_fetches_again_after_a_minute(
        self, marketplace: Marketplace, signed_out: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        signed_out.open("/api/docs/openapi.json")
        monkeypatch.setattr(api_documents, "KEEP_SECONDS", 0.0)
        signed_out.open("/api/docs/openapi.json")
        assert len(marketplace.seen) == 8


class TestMerge:
    def test_renames_components_that_differ(self) -> None:
        merged = merge({"a": _document("string"), "b": _document("integer")}, server="http://x")
        schemas = merged["components"]["schemas"]
        assert schemas["Item"]["type"] == "string"
        assert schemas["BItem"]["type"] == "integer"
        assert merged["paths"]["/integer"]["get"]["$ref"] == "#/components/schemas/BList"
        assert schemas["BList"]["items"]["$ref"] == "#/components/schemas/BItem"

    def test_shares_components_that_are_the_same(self) -> None:
        merged = merge({"a": _document("string"), "b": _document("string")}, server="http://x")
        assert set(merged["components"]["schemas"]) == {"Item", "List"}


class TestBrowseDocuments:
    def test_loads_everything_from_this_origin(self, signed_out: Browser) -> None:
        page = signed_out.open("/api/docs/")
        html = page.content.decode()
        assert page.status_code == 200
        assert "script-src 'self';" in page.headers["Content-Security-Policy"]
        for address in ("shop/api_docs.js", "swagger-ui-bundle.js", "swagger-ui.css"):
            assert address in html
        script = html.rpartition('<script src="')[2].partition('"')[0]
        served = signed_out.open(script)
        assert served.status_code == 200
        served.close()


def _document(kind: str) -> dict[str, object]:
    return {
        "paths": {f"/{kind}": {"get": {"$ref": "#/components/schemas/List"}}},
        "components": {
            "schemas": {
                "Item": {"type": kind},
                "List": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
            }
        },
    }
