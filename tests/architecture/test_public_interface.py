"""Services use of shared_events what its reference lists, and nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "shared_events" / "REFERENCE.md").read_text()
PUBLIC = set(re.findall(r"^### `([\w.]+)", REFERENCE, re.MULTILINE))
SERVICES = sorted([*ROOT.glob("*_service"), *ROOT.glob("examples/*/*_service")])


def used(tree: ast.Module) -> Iterator[str]:
    """Yield what a module takes from the library: `log.record` for `from shared_events import log`, used."""
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "shared_events":
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shared_events."):
            inner = (node.module or "").removeprefix("shared_events.")
            yield from (f"{inner}.{name.name}" for name in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield f"{node.value.id}.{node.attr}"


class TestEachService:
    @pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
    def test_uses_the_public_interface_only(self, service: Path) -> None:
        own = [path for path in service.rglob("*.py") if "tests" not in path.parts]
        taken = {name for path in own for name in used(ast.parse(path.read_text()))}
        assert taken - PUBLIC == set()


class TestUsed:
    def test_finds_names_and_attributes_of_modules(self) -> None:
        source = "from shared_events import log\nfrom shared_events.bus.app import x\nlog.record()\nother.y()"
        assert set(used(ast.parse(source))) == {"log.record", "bus.app.x"}
