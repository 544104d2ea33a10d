"""What can be read at one sitting: no module is longer than 300 lines, no function than 30."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_MODULE, LONGEST_FUNCTION = 300, 30
MODULES = sorted(
    path
    for path in [*ROOT.glob("*/**/*.py"), ROOT / "manage_all.py"]
    if not {".venv", ".run", "migrations", "__pycache__"} & set(path.relative_to(ROOT).parts)
)


def functions(path: Path) -> list[tuple[str, int]]:
    """Return each function's name and how many lines it has, without its decorators."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            found.append((node.name, node.end_lineno - node.lineno + 1))
    return found


class TestEveryModule:
    @pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
    def test_is_short_and_so_are_its_functions(self, path: Path) -> None:
        assert len(path.read_text().splitlines()) <= LONGEST_MODULE
        assert [(name, lines) for name, lines in functions(path) if lines > LONGEST_FUNCTION] == []


class TestTheLocalStack:
    def test_is_smaller_than_what_it_runs(self) -> None:
        def lines(*folders: str) -> int:
            return sum(
                len(path.read_text().splitlines())
                for path in MODULES
                if path.relative_to(ROOT).parts[0] in folders and "tests" not in path.parts[:-1]
            )

        domains = lines("auth_service", "tickets_service", "orders_service", "payments_service")
        assert lines("local_stack") < min(5_000, domains)
