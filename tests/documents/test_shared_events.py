"""shared_events stands alone: built as a wheel and installed into nothing, it does what its README says."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from local_stack.environment import base_environment
from tests.documents.reader import Reader, reader_in

LIBRARY = Path(__file__).parents[2] / "shared_events"
README = (LIBRARY / "README.md").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library, built as a user would."""
    # In a copy, since building leaves things behind.
    source, built = tmp_path_factory.mktemp("source") / "shared_events", tmp_path_factory.mktemp("built")
    shutil.copytree(LIBRARY, source, ignore=shutil.ignore_patterns("__pycache__"))
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(built), str(source))
    [wheel] = built.iterdir()
    return wheel


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel and what it depends on, and without this repository."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    _pip("--python", str(home / "bin" / "python"), "install", "--no-deps", str(wheel))
    [packages] = home.glob("lib/python*/site-packages")
    # The locked packages take the place of an index, so that no network is needed.
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib"))
    return home


@pytest.fixture
def reader(environment: Path, databases: dict[str, str], tmp_path: Path) -> Iterator[Reader]:
    """A reader in an empty folder, with the library installed and two empty databases."""
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    with reader_in(tmp_path, {**base_environment(), **databases, "PATH": path}) as reader:
        yield reader


@pytest.fixture
def databases() -> Iterator[dict[str, str]]:
    """Two empty databases, by the variables that lead there."""
    address = os.environ["DOCUMENTS_DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as connection:
        for name in ("writer", "reader"):
            connection.execute(f"CREATE DATABASE {name}")
        parts = urlsplit(address)
        yield {
            "PGHOST": str(parts.hostname),
            "PGPORT": str(parts.port),
            "PGUSER": str(parts.username),
            "PGPASSWORD": unquote(str(parts.password)),
        }
        for name in ("writer", "reader"):
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class TestTheWheel:
    def test_holds_all_of_the_library_and_no_tests(self, wheel: Path) -> None:
        held = {Path(name) for name in zipfile.ZipFile(wheel).namelist()}
        modules = {
            Path("shared_events") / path.relative_to(LIBRARY)
            for path in LIBRARY.rglob("*.py")
            if "tests" not in path.relative_to(LIBRARY).parts
        }
        assert {path for path in held if path.suffix == ".py"} == modules
        assert Path("shared_events/py.typed") in held

    def test_says_what_it_is_and_what_it_needs(self, environment: Path) -> None:
        [packages] = environment.glob("lib/python*/site-packages")
        [found] = importlib.metadata.distributions(name="shared-events", path=[str(packages)])
        needed = {requirement.partition(">=")[0] for requirement in found.requires or ()}
        assert needed == {"Django", "psycopg", "celery", "kombu", "msgspec", "uuid-utils"}
        assert found.metadata["Description-Content-Type"] == "text/markdown"
        assert f"## {found.version}" in (LIBRARY / "CHANGELOG.md").read_text()


class TestTheReadme:
    def test_leads_from_an_empty_project_to_an_event_that_takes_effect(self, reader: Reader) -> None:
        section = README.partition("\n## In an empty project\n")[2].partition("\n## ")[0]
        reader.follow(section)

    def test_speaks_of_the_installed_library(self, reader: Reader, environment: Path) -> None:
        where = "import shared_events; print(shared_events.__file__)"
        reader.follow(
            f'```sh\npython -c "{where}"\n```\n\n```text\n{environment}…/shared_events/__init__.py\n```\n'
        )


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(
        [*command, *arguments], check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PIP_NO_INDEX": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
