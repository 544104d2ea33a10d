"""The tutorial does what it says."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.environment import base_environment
from tests.documents.reader import Reader, reader_in
from tests.ephemeral_postgres import temporary_run_dir

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "add-a-service.md"
BUILT = Path("examples/blog/moderation_service")


@pytest.fixture
def reader() -> Iterator[Reader]:
    """A reader with a checkout of their own."""
    # Postgres runs as another user when we are root, who must be able to pass through.
    with temporary_run_dir() as folder:
        checkout = folder / "checkout"
        left_out = shutil.ignore_patterns(".git", ".venv", ".run", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, checkout, ignore=left_out)
        (checkout / ".venv").symlink_to(ROOT / ".venv")
        with reader_in(checkout, base_environment()) as reader:
            yield reader
        # Where the tutorial was left half way, something still runs.
        down = ["./manage_all.py", "down", "--example", "blog", "--wipe"]
        subprocess.run(down, cwd=checkout, env=base_environment(), check=True, stdout=subprocess.DEVNULL)


class TestTheTutorial:
    @pytest.mark.timeout(300)
    def test_does_what_it_says_and_builds_what_is_there(self, reader: Reader) -> None:
        reader.follow(TUTORIAL.read_text())
        assert _modules(reader.folder) == _modules(ROOT)
        assert _migration_without_date(reader.folder) == _migration_without_date(ROOT)


def _modules(root: Path) -> dict[Path, str]:
    paths = [path for path in (root / BUILT).rglob("*.py") if "migrations" not in path.parts]
    table = root / "local_stack" / "systems" / "blog.py"
    return {path.relative_to(root): path.read_text() for path in [*paths, table]}


def _migration_without_date(root: Path) -> str:
    [migration] = (root / BUILT).rglob("0001_initial.py")
    return migration.read_text().partition("\n")[2]
