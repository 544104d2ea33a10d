"""What a new service changes in the tables that list the services; that it works, the guide's test shows."""

import argparse

import pytest

from local_stack.cli import parser
from local_stack.stack import REPOSITORY
from scaffold.new_service import _TABLES, CannotMake, make_service


class TestTheName:
    @pytest.mark.parametrize("name", ["Reviews", "re-views", "ab", "json", "a" * 21])
    def test_is_one_plain_word(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            parser().parse_args(["new", "service", name])
        assert "one word of 3 to 20 lower-case letters" in capsys.readouterr().err

    def test_is_not_that_of_a_service(self) -> None:
        with pytest.raises(CannotMake, match="tickets_service already"):
            make_service("tickets")

    def test_is_kept_as_given(self) -> None:
        options: argparse.Namespace = parser().parse_args(["new", "service", "reviews"])
        assert options.name == "reviews"


class TestATable:
    @pytest.mark.parametrize("path", _TABLES)
    def test_gets_the_service_beside_the_others(self, path: str) -> None:
        before = (REPOSITORY / path).read_text()
        after = _TABLES[path](before, "reviews")
        assert len(after) > len(before)
        assert "reviews" in after
