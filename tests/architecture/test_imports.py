"""What imports what: no two modules import each other, and the map of the code is up to date."""

from tests.architecture.code_map import PAGE, page
from tests.architecture.imports import imports


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import one another, directly or by others."""
    reached = {name: {name} for name in graph}
    changed = True
    while changed:
        changed = False
        for name, targets in graph.items():
            more = set().union(*(reached[target] for target in targets)) - reached[name] if targets else set()
            if more:
                reached[name] |= more
                changed = True
    groups = {frozenset(other for other in reached[name] if name in reached[other]) for name in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


class TestModules:
    def test_never_import_one_another(self) -> None:
        assert cycles(imports(when_run=False)) == []

    def test_are_found_out_when_they_do(self) -> None:
        assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


class TestTheMapOfTheCode:
    def test_shows_the_code_as_it_is(self) -> None:
        assert PAGE.read_text() == page(), "run ./manage_all.py code-map"
