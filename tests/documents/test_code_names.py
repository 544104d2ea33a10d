"""The explanation names functions where they are."""

import ast
import re

from tests.documents.guides import ROOT

_PLACE = re.compile(r"`([\w/]+\.py)`: `(\w+)`")


def test_the_purchase_leads_to_functions_that_are_there() -> None:
    places = _PLACE.findall((ROOT / "docs/explanation/purchase.md").read_text())
    assert len(places) >= 8
    for path, name in places:
        tree = ast.parse((ROOT / path).read_text())
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, path
