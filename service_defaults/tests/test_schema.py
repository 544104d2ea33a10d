from typing import Any

import pytest
from rest_framework.test import APIClient


@pytest.fixture
def document(api: APIClient) -> dict[str, Any]:
    answer = api.get("/api/notes/openapi.json")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


class TestTheDocument:
    def test_is_openapi_3_1_for_every_visitor(self, document: dict[str, Any]) -> None:
        assert document["openapi"].startswith("3.1")
        assert document["info"]["title"] == "Notes"

    def test_describes_the_api_and_nothing_else(self, document: dict[str, Any]) -> None:
        assert set(document["paths"]) == {"/api/notes", "/api/notes/me", "/api/notes/{note_id}"}

    def test_has_both_security_schemes(self, document: dict[str, Any]) -> None:
        assert document["components"]["securitySchemes"] == {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "access_token"},
        }
        assert document["paths"]["/api/notes"]["post"]["security"] == [{"bearer": []}, {"cookie": []}]
        assert {} in document["paths"]["/api/notes/me"]["get"]["security"]


class TestAnOperation:
    def test_has_the_name_of_its_use_case(self, document: dict[str, Any]) -> None:
        names = [
            operation["operationId"]
            for methods in document["paths"].values()
            for operation in methods.values()
        ]
        assert names == ["getNotes", "postNotes", "showNote", "getWhoAmI", "postWhoAmI"]

    def test_has_the_first_line_of_its_docstring_as_summary(self, document: dict[str, Any]) -> None:
        operation = document["paths"]["/api/notes/{note_id}"]["get"]
        assert operation["summary"] == "Show it. With `If-None-Match` only when it has changed"
        assert operation["tags"] == ["Notes"]

    def test_lists_its_error_statuses(self, document: dict[str, Any]) -> None:
        statuses = {
            (path, method): sorted(status for status in operation["responses"] if status >= "400")
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }
        assert statuses["/api/notes", "get"] == ["400", "401", "403", "429", "503"]
        assert statuses["/api/notes", "post"] == ["400", "401", "403", "411", "413", "415", "429", "503"]
        assert statuses["/api/notes/{note_id}", "get"] == ["400", "401", "403", "404", "429", "503"]

    def test_has_a_problem_for_each_error(self, document: dict[str, Any]) -> None:
        for methods in document["paths"].values():
            for operation in methods.values():
                assert operation["responses"]["503"]["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }

    def test_that_lists_is_a_plain_array_with_a_limit_and_a_cursor(self, document: dict[str, Any]) -> None:
        operation = document["paths"]["/api/notes"]["get"]
        page = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert document["components"]["schemas"][page["$ref"].rpartition("/")[2]] == {
            "type": "array",
            "items": {"$ref": "#/components/schemas/NoteOutput"},
        }
        limits = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"]}
        assert set(limits) == {"limit", "cursor"}
        assert (limits["limit"]["default"], limits["limit"]["maximum"]) == (20, 100)


class TestTheProblemSchema:
    def test_has_just_the_members_that_problems_have(self, document: dict[str, Any], api: APIClient) -> None:
        schema = document["components"]["schemas"]["Problem"]
        problem = api.get("/failing/refused").json()
        assert set(schema["required"]) == set(schema["properties"]) == set(problem)
        assert set(schema["properties"]["errors"]["items"]["properties"]) == set(problem["errors"][0])
