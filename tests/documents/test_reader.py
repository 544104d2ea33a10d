"""The reader stops where a document is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.environment import base_environment
from tests.documents.reader import Reader, reader_in


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with reader_in(tmp_path, base_environment()) as reader:
        yield reader


class TestAReader:
    @pytest.mark.parametrize("commands", ["false", "true\nfalse\ntrue", "ls nothing-of-the-kind", "exit 0"])
    def test_stops_at_a_command_that_fails(self, reader: Reader, commands: str) -> None:
        with pytest.raises(pytest.fail.Exception, match="A command has failed"):
            reader.follow(f"```sh\n{commands}\n```\n")

    @pytest.mark.parametrize("expected", ["b…\na", "z", "a\nb"])
    def test_stops_where_something_else_is_said(self, reader: Reader, expected: str) -> None:
        with pytest.raises(pytest.fail.Exception, match="Expected"):
            reader.follow(f"```sh\necho a\n\necho cd\n```\n\n```text\n{expected}\n```\n")

    def test_writes_and_edits_files(self, reader: Reader) -> None:
        reader.follow(
            "Write `list`:\n\n```python\none\ntwo\nthree\n```\n\n"
            "In `list`, after the line with `two`, add:\n\n```python\nmore\n```\n\n"
            "At the end of `list`, add:\n\n```python\nlast\n```\n\n"
            "In `list`, delete the line with `one`.\n\n"
            "```sh\nA=x\n```\nand\n```sh\ncat list; echo $A\n```\n\n"
            "```text\ntwo\nm…e\nthree\nlast\nx\n```\n"
        )
        assert (reader.folder / "list").read_text() == "two\nmore\nthree\n\nlast\n"

    def test_fails_at_a_block_without_a_place(self, reader: Reader) -> None:
        with pytest.raises(pytest.fail.Exception, match="What is to be done"):
            reader.follow("Consider this:\n\n```python\npass\n```\n")

    def test_does_not_take_a_page_without_steps_for_a_good_one(self, reader: Reader) -> None:
        with pytest.raises(AssertionError, match="nothing to be done"):
            reader.follow("Just words.\n")
