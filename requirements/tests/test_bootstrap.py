"""manage_all.py, before there is anything to import."""

import ast
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local_stack import __main__ as entry
from local_stack.commands import logs, up
from local_stack.stack import REPOSITORY
from local_stack.supervisor.processes import Identity
from requirements import bootstrap
from tests.running_stack import wait_for

PACKAGES = ("local_stack", "inspection", "requirements", "deploy", "tests", "scaffold")
SCRIPT = REPOSITORY / "manage_all.py"
#: What runs before anything is installed.
EARLY = [
    SCRIPT,
    *(REPOSITORY / "local_stack" / f"{name}.py" for name in ("cli", "arguments", "stack", "user_errors")),
    *(REPOSITORY / "requirements" / f"{name}.py" for name in ("bootstrap", "locks")),
    REPOSITORY / "tests" / "suites" / "table.py",
    *(REPOSITORY / "local_stack" / "systems").glob("*.py"),
    *(REPOSITORY / "local_stack" / "commands").glob("*.py"),
    *(REPOSITORY / "inspection" / "commands").glob("*.py"),
    *(REPOSITORY / "deploy" / "commands").glob("*.py"),
    *(REPOSITORY / "scaffold" / "commands").glob("*.py"),
    *(REPOSITORY / "tests" / "commands").glob("*.py"),
]
BASE = getattr(sys, "_base_executable", sys.executable)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The repository as far as the bootstrap needs it, without an environment."""
    for name in ("manage_all.py", *PACKAGES):
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
    return subprocess.run(
        [BASE, "-I", "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )


class TestTheScript:
    def test_parses_on_python_3_9(self) -> None:
        ast.parse(SCRIPT.read_text(), feature_version=(3, 9))

    @pytest.mark.parametrize("path", EARLY, ids=lambda path: path.name)
    def test_needs_the_standard_library_only(self, path: Path) -> None:
        tree = ast.parse(path.read_text()).body  # not what a function imports when it runs
        plain = {alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names}
        named = {node.module or "" for node in tree if isinstance(node, ast.ImportFrom)}
        imported = {name.split(".")[0] for name in plain | named}
        assert imported <= {*sys.stdlib_module_names, *PACKAGES}


class TestAnOldPython:
    def test_prints_what_to_install(self, clone: Path) -> None:
        done = run(clone, "up", code="import sys; sys.version_info = (3, 9, 6)")
        assert done.returncode == 1
        assert "This is Python 3.9.6; the marketplace needs 3.11" in done.stderr
        assert "brew install python" in done.stderr


class TestAPythonWithoutEnsurepip:
    def test_prints_the_one_command_that_mends_it(self, clone: Path) -> None:
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
    @pytest.fixture(autouse=True)
    def _moved(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Move everything that the module looks at into a temporary directory."""
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "python").symlink_to(sys.executable)
        monkeypatch.setattr(bootstrap, "VENV", tmp_path)
        monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "bin" / "python")
        monkeypatch.setattr(bootstrap, "MARK", tmp_path / "installed-from")
        monkeypatch.setattr(bootstrap, "LOG", tmp_path / "install.log")
        monkeypatch.setattr(bootstrap, "REPOSITORY", tmp_path)
        monkeypatch.setattr(bootstrap, "path_of", lambda lock: tmp_path / f"{lock}.txt")
        for lock in bootstrap.LOCKS:
            bootstrap.path_of(lock).write_text(f"{lock}==1\n")

    @pytest.fixture
    def install(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
        """Install a lock file as far as the module itself goes, and return what it had done."""
        done: list[str] = []
        monkeypatch.setattr(bootstrap, "_make_environment", lambda: done.append("made"))
        monkeypatch.setattr(bootstrap, "_install_with_uv", lambda lock: done.append(lock) or True)

        def install(lock: str) -> list[str]:
            done.clear()
            bootstrap.install(lock)
            return [*done]

        return install

    def test_is_made_when_there_is_none(self) -> None:
        assert not bootstrap.is_installed("run")

    def test_is_kept_while_the_lock_file_is_the_same(self, install: Callable[[str], list[str]]) -> None:
        assert install("run") == ["made", "run"]
        assert bootstrap.is_installed("run")

    def test_grows_by_what_a_command_needs_besides(self, install: Callable[[str], list[str]]) -> None:
        install("run")
        assert not bootstrap.is_installed("test")
        assert install("test") == ["test"]
        assert all(bootstrap.is_installed(lock) for lock in ("run", "test"))
        assert not bootstrap.is_installed("dev")

    def test_is_brought_up_to_a_lock_file_that_changes(self, install: Callable[[str], list[str]]) -> None:
        install("test")
        bootstrap.path_of("run").write_text("run==2\n")
        assert not bootstrap.is_installed("run")
        assert install("run") == ["run"]
        assert not bootstrap.is_installed("test")  # its packages may have been changed

    def test_is_made_again_when_its_python_is_another(self, install: Callable[[str], list[str]]) -> None:
        install("run")
        bootstrap.PYTHON.unlink()
        bootstrap.PYTHON.symlink_to("/bin/sh")
        assert not bootstrap.is_installed("run")
        assert install("run") == ["made", "run"]

    @pytest.mark.parametrize("problem", [KeyboardInterrupt, SystemExit])
    def test_is_not_trusted_when_its_last_change_did_not_end_well(
        self,
        install: Callable[[str], list[str]],
        problem: type[BaseException],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        install("run")

        def fail(lock: str) -> bool:
            raise problem

        with monkeypatch.context() as failing:
            failing.setattr(bootstrap, "_install_with_uv", fail)
            with pytest.raises(problem):
                bootstrap.install("test")
        assert not bootstrap.is_installed("run")
        assert install("run") == ["made", "run"]


class TestAnInterruptedInstallation:
    @pytest.fixture
    def silent_index(self) -> Iterator[str]:
        """The address of a package index that takes every call and never answers."""
        with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"

    @pytest.fixture
    def installing(self, clone: Path, silent_index: str) -> Iterator[subprocess.Popen[str]]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(clone), "PIP_INDEX_URL": silent_index}
        with subprocess.Popen(
            [BASE, str(clone / "manage_all.py"), "up"],
            text=True, env=environment, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            yield process
            process.kill()

    @pytest.mark.parametrize("until", ["Installing", "uv"], ids=["in venv", "in pip"])
    @pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
    @pytest.mark.parametrize("times", [1, 20], ids=["once", "impatiently"])
    def test_ends_in_one_calm_line_and_leaves_nothing_to_trust(
        self, installing: subprocess.Popen[str], clone: Path, until: str, signum: signal.Signals, times: int
    ) -> None:
        assert installing.stdout is not None
        said = [next(line for line in installing.stdout if until in line)]
        children = psutil.Process(installing.pid).children(recursive=True)
        # A terminal sends Ctrl-C to the whole group; SIGTERM is sent to the process alone.
        send = os.killpg if signum == signal.SIGINT else os.kill
        for _ in range(times):
            send(installing.pid, signum)
            time.sleep(0.001)
        said += installing.stdout.readlines()
        assert installing.wait() == 130, said
        assert [line for line in said[1:] if line.strip() and not line.startswith("  ")] == [
            "Interrupted. Run the same command again to go on.\n"
        ]
        assert not (clone / ".venv" / "installed-from").exists()
        wait_for(lambda: not any(Identity.of(child.pid) for child in children))


class TestTheHandoverToTheEnvironment:
    def test_holds_ctrl_c_back_until_a_handler_can_take_it(self, clone: Path) -> None:
        code = (
            f"import os, signal, sys; sys.path.insert(0, {str(clone)!r}); "
            "from requirements import bootstrap; bootstrap.prepare = lambda lock: None; "
            "os.execve = lambda *_: print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
        )
        assert run(clone, "status", code=code).stdout == "True\n"

    def test_answers_it_in_one_line(self) -> None:
        hands_over = (
            "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]); "
            "os.kill(os.getpid(), signal.SIGINT); "
            "os.execv(sys.executable, [sys.executable, '-m', 'local_stack', 'test', '--list'])"
        )
        command = (sys.executable, "-c", hands_over)
        done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (130, "")
        assert done.stderr == "\nInterrupted. Run the same command again to go on.\n"


class TestACommandThatIsInterrupted:
    @pytest.fixture
    def interrupted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(options: object) -> int:
            raise KeyboardInterrupt

        for command in (up, logs):
            monkeypatch.setattr(command, "run", interrupt)
        monkeypatch.setattr(signal, "signal", lambda *_: None)

    @pytest.mark.usefixtures("interrupted")
    @pytest.mark.parametrize(
        ("line", "said"),
        [(["up"], "\nInterrupted. Run the same command again to go on.\n"), (["logs", "--follow"], "")],
        ids=["on its way", "while it follows a log"],
    )
    def test_says_so_unless_that_is_how_it_ends(
        self, line: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["manage_all.py", *line])
        assert entry.main() == 130
        assert capsys.readouterr().err == said
