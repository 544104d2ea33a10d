"""Which module imports which, read from the sources: nothing is run for it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the repository."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    """Return every module of the repository's packages by its name, tests included."""
    found = {}
    for package in [*sorted(path.parent for path in ROOT.glob("*/__init__.py")), ROOT / "examples"]:
        for path in sorted(package.rglob("*.py")):
            if "migrations" not in path.parts:
                found[module_name(path)] = path
    return found


@cache
def imports(*, when_run: bool) -> dict[str, set[str]]:
    """Return, by module, the modules of the repository that it imports.

    With `when_run` those that a function imports when it is called count too. Imports for type checkers never
    do.
    """
    return {
        name: {_known(full) for full in _imported(path, when_run=when_run)} - {"", name}
        for name, path in modules().items()
    }


def _known(full: str) -> str:
    """Return the longest part of a dotted name that is a module: the rest is a name in it."""
    while full and full not in modules():
        full = full.rpartition(".")[0]
    return full


def _imported(path: Path, *, when_run: bool) -> Iterator[str]:
    for node in _nodes(ast.parse(path.read_text()), when_run=when_run):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _nodes(node: ast.AST, *, when_run: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if when_run or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _nodes(child, when_run=when_run)
