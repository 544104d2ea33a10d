"""The developers' guides do what they say: each is followed in a copy of the repository."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from local_stack.environment import base_environment
from tests.documents.guides import CHANGES, GUIDES, ROOT
from tests.documents.reader import Reader, reader_in
from tests.ephemeral_postgres import temporary_run_dir


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader with a checkout of their own."""
    with temporary_run_dir() as folder:
        checkout = folder / "checkout"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                place = checkout / name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, place)
        (checkout / ".venv").symlink_to(ROOT / ".venv")
        with reader_in(checkout, base_environment() | {"PYTHONPATH": str(checkout)}) as reader:
            yield reader


@pytest.mark.timeout(240)
@pytest.mark.parametrize("guide", CHANGES)
def test_a_guide_does_what_it_says(reader: Reader, guide: str) -> None:
    reader.follow((GUIDES / f"{guide}.md").read_text())
