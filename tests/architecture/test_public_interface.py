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
    """Yield what a module takes from the library: `outbox.log.record` for `log.record` of `outbox`."""
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or (node.module or "").partition(".")[0] != "shared_events":
            continue
        package = (node.module or "").removeprefix("shared_events").removeprefix(".")
        for name in node.names:
            path = ".".join(filter(None, [package, name.name]))
            if (ROOT / "shared_events" / f"{path.replace('.', '/')}.py").exists():
                modules[name.name] = path
            else:
                yield path
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield f"{modules[node.value.id]}.{node.attr}"


class TestEachService:
    @pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
    def test_uses_the_public_interface_only(self, service: Path) -> None:
        own = [path for path in service.rglob("*.py") if "tests" not in path.parts]
        taken = {name for path in own for name in used(ast.parse(path.read_text()))}
        assert taken - PUBLIC == set()


class TestUsed:
    def test_finds_names_and_attributes_of_modules(self) -> None:
        source = (
            "from shared_events.outbox import log\n"
            "from shared_events.transport.app import x\n"
            "log.record()\nother.y()"
        )
        assert set(used(ast.parse(source))) == {"outbox.log.record", "transport.app.x"}
