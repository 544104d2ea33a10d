"""manage_all.py, before there is anything to import."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from local_stack.stack import REPOSITORY

SCRIPT = REPOSITORY / "manage_all.py"


@pytest.fixture
def manage_all() -> ModuleType:
    spec = importlib.util.spec_from_file_location("manage_all", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The repository as far as the bootstrap needs it, without an environment."""
    for name in ("manage_all.py", "local_stack", "requirements"):
        source = REPOSITORY / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    return tmp_path


def run(clone: Path, *arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run manage_all.py with an isolated Python that sees no installed package; `code` runs first."""
    program = (
        f"{code}\nimport runpy, sys\nsys.argv = ['manage_all.py', *{list(arguments)!r}]\n"
        f"runpy.run_path({str(clone / 'manage_all.py')!r}, run_name='__main__')"
    )
    base = getattr(sys, "_base_executable", sys.executable)
    return subprocess.run(
        [base, "-I", "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )


class TestTheScript:
    def test_parses_on_python_3_9(self) -> None:
        ast.parse(SCRIPT.read_text(), feature_version=(3, 9))

    def test_needs_the_standard_library_only(self) -> None:
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(ast.parse(SCRIPT.read_text()))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert imported <= sys.stdlib_module_names


class TestAnOldPython:
    def test_is_told_what_to_install(self, clone: Path) -> None:
        done = run(clone, "up", code="import sys; sys.version_info = (3, 9, 6)")
        assert done.returncode == 1
        assert "This is Python 3.9.6; the marketplace needs 3.11" in done.stderr
        assert "brew install python" in done.stderr


class TestAPythonWithoutEnsurepip:
    def test_is_told_the_one_command_that_mends_it(self, clone: Path) -> None:
        hide = (
            "import importlib.util as u; find = u.find_spec; "
            "u.find_spec = lambda name, *more: None if name == 'ensurepip' else find(name, *more)"
        )
        done = run(clone, "up", code=hide)
        assert done.returncode == 1
        assert "apt-get install -y python3-venv" in done.stderr
        assert not (clone / ".venv").exists()


class TestTheCommandLine:
    def test_gets_its_help_before_anything_is_installed(self, clone: Path) -> None:
        done = run(clone, "--help")
        assert done.returncode == 0
        for command in ("up", "down", "status", "logs", "demo", "doctor", "test", "lint"):
            assert f"\n    {command} " in done.stdout
        assert not (clone / ".venv").exists()

    def test_is_refused_before_anything_is_installed(self, clone: Path) -> None:
        done = run(clone, "upp")
        assert done.returncode == 2
        assert "invalid choice: 'upp'" in done.stderr
        assert not (clone / ".venv").exists()


class TestAnEnvironment:
    @pytest.fixture
    def moved(self, manage_all: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        """The module with everything it looks at moved into a temporary directory."""
        monkeypatch.setattr(manage_all, "LOCK_FILE", tmp_path / "dev.txt")
        monkeypatch.setattr(manage_all, "MARK", tmp_path / "installed-from")
        monkeypatch.setattr(manage_all, "PYTHON", Path(sys.executable))
        manage_all.LOCK_FILE.write_text("one==1\n")
        return manage_all

    def test_is_made_when_there_is_none(self, moved: ModuleType) -> None:
        assert not moved.is_installed()

    def test_is_kept_while_the_lock_file_is_the_same(self, moved: ModuleType) -> None:
        moved.MARK.write_text(moved.wanted_mark())
        assert moved.is_installed()

    def test_is_made_again_when_the_lock_file_changes(self, moved: ModuleType) -> None:
        moved.MARK.write_text(moved.wanted_mark())
        moved.LOCK_FILE.write_text("one==2\n")
        assert not moved.is_installed()

    def test_is_made_again_when_its_python_is_gone(
        self, moved: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moved.MARK.write_text(moved.wanted_mark())
        monkeypatch.setattr(moved, "PYTHON", Path("/nowhere/python"))
        assert not moved.is_installed()


class TestUv:
    def test_gets_pips_places_and_certificates(
        self, manage_all: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in [*os.environ]:
            if name.startswith(("UV_", "SSL_CERT")):
                monkeypatch.delenv(name)
        settings = manage_all.uv_settings(
            {"index-url": "https://mirror.test/simple", "find-links": "/a /b", "cert": "/etc/ca.pem"}
        )
        assert settings == {
            "UV_SYSTEM_CERTS": "true",
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_DEFAULT_INDEX": "https://mirror.test/simple",
            "UV_FIND_LINKS": "/a,/b",
            "SSL_CERT_FILE": "/etc/ca.pem",
        }

    def test_keeps_what_the_user_set_for_it(
        self, manage_all: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.test/simple")
        assert "UV_DEFAULT_INDEX" not in manage_all.uv_settings({"index-url": "https://mirror.test/simple"})


class TestPip:
    def test_lets_a_variable_win_over_a_file(
        self, manage_all: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        configuration = tmp_path / "pip.conf"
        configuration.write_text("[global]\nindex-url = https://file.test\ntimeout = 7\n")
        monkeypatch.setattr(manage_all, "PYTHON", Path(sys.executable))
        monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
        monkeypatch.setenv("PIP_INDEX_URL", "https://variable.test")
        found = manage_all.pip_settings()
        assert found["index-url"] == "https://variable.test"
        assert found["timeout"] == "7"
