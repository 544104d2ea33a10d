"""The blog stays small."""

import ast
import io
import tokenize
from pathlib import Path

import pytest

BLOG = Path(__file__).parents[1]
SERVICES = sorted(BLOG.glob("*_service"))
#: Lines of code of one service: settings included; migrations, tests, templates and comments left out.
MOST = 160
_NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}


def lines_of_code(source: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {
        line
        for token in tokens
        if token.type not in _NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(lines - _docstrings(ast.parse(source)))


def _docstrings(tree: ast.Module) -> set[int]:
    owners = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
    ]
    return {line for node in owners for line in range(node.body[0].lineno, node.body[0].end_lineno + 1)}


class TestEachService:
    @pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
    def test_has_few_lines_of_its_own(self, service: Path) -> None:
        own = [path for path in service.rglob("*.py") if not {"tests", "migrations"} & set(path.parts)]
        assert 30 < sum(lines_of_code(path.read_text()) for path in own) <= MOST


class TestLinesOfCode:
    def test_counts_neither_docstrings_nor_comments_nor_blank_lines(self) -> None:
        source = '"""Doc."""\n\n# why\ndef f():\n    """Doc."""\n    return (\n        1\n    )\n'
        assert lines_of_code(source) == 4
