"""What runs systems, and what looks at them, read what the services print, and nothing from their tables."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: These own databases and roles: they make, dump and restore them, whatever is inside.
OWNERS = frozenset({"local_stack/backing/postgres.py", "local_stack/backing/backups.py"})
MODULES = sorted(
    path
    for package in ("local_stack", "inspection")
    for path in (ROOT / package).rglob("*.py")
    if "tests" not in path.relative_to(ROOT).parts
)
#: A statement on a table whose name begins as a Django app's do: `orders_order`, `shared_events_cursor`.
STATEMENT = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE|TRUNCATE)\s+(?:TABLE\s+|ONLY\s+)?\"?(?!pg_)[a-z]+(?:_[a-z]+)+\b"
)
EXECUTES = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|TRUNCATE|WITH)\b")


def sql_in(tree: ast.Module) -> Iterator[str]:
    """Yield the strings that are SQL on a service's tables."""
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if EXECUTES.search(text) and STATEMENT.search(text):
            yield text


def imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
class TestEachModule:
    def test_has_no_sql_on_a_services_tables(self, path: Path) -> None:
        assert [*sql_in(ast.parse(path.read_text()))] == []

    def test_connects_to_a_database_only_where_it_owns_it(self, path: Path) -> None:
        connects = "psycopg" in imports(ast.parse(path.read_text()))
        assert not connects or str(path.relative_to(ROOT)) in OWNERS


class TestStatements:
    @pytest.mark.parametrize(
        "query",
        [
            "SELECT count(*) FROM shared_events_loggedevent e",
            "SELECT 1 FROM a LEFT JOIN shared_events_publishedstream p USING (stream)",
            "UPDATE orders_order SET status = %s",
            "DELETE FROM payments_payment",
            "INSERT INTO audit_seen VALUES (1)",
            "TRUNCATE TABLE tickets_ticket",
        ],
    )
    def test_are_found(self, query: str) -> None:
        assert [*sql_in(ast.parse(f"_QUERY = {query!r}"))] == [query]

    @pytest.mark.parametrize(
        "text", ["SELECT 1 FROM pg_roles WHERE rolname = %s", "Select one from order_items", "INSERT nothing"]
    )
    def test_are_not_the_servers_own_or_prose(self, text: str) -> None:
        assert [*sql_in(ast.parse(f"_TEXT = {text!r}"))] == []
