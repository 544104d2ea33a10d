"""Making `.venv`: with uv, which takes seconds, or with pip where uv doesn't get on.

Standard library only. `manage_all.py` calls it when its Python is known to be new enough.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from requirements.locks import LOCKS, REQUIREMENTS, path_of

REPOSITORY = REQUIREMENTS.parent
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
#: Says where the environment is, on which Python, and from which lock files it was made. Written last.
MARK = VENV / "installed-from"
LOG = VENV / "install.log"

#: The lines of uv's and pip's output that show progress: one for each package.
_UV_STEP = re.compile(r"^\s*(Downloading|Building|\+) (\S.*)")
_PIP_STEP = re.compile(r"^\s*(Collecting|Building wheel for) (\S+)")
_SHOWN_OF_LOG = 15
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def prepare(lock: str) -> None:
    """See to it that `.venv` holds what one of the lock files names. Ends the program where it can't be."""
    if not is_installed(lock):
        refuse_without_ensurepip()
        with _on_interruption(_interrupt), one_at_a_time():
            if not is_installed(lock):
                install(lock)


def refuse_without_ensurepip() -> None:
    """Say what to install where Python can't make virtual environments, as on a bare Debian."""
    if importlib.util.find_spec("ensurepip") is None:
        sudo = "" if os.geteuid() == 0 else "sudo "
        sys.exit(
            "This Python can't make virtual environments: it lacks ensurepip.\n"
            f"On Debian and Ubuntu this mends it:\n\n  {sudo}apt-get install -y python3-venv\n"
        )


def is_installed(lock: str) -> bool:
    """Return whether the environment is whole and was made from this very lock file."""
    return _is_whole() and _line_of(lock) in _marker()


def _is_whole() -> bool:
    """Return whether an installation here ended well, and its Python is still the one it was made for."""
    return PYTHON.exists() and _marker()[:1] == [_place()]


def _marker() -> list[str]:
    try:
        return MARK.read_text().splitlines()
    except OSError:
        return []


def _place() -> str:
    return f"{VENV.resolve()} {PYTHON.resolve()}"


def _line_of(lock: str) -> str:
    return f"{lock} {hashlib.sha256(path_of(lock).read_bytes()).hexdigest()}"


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep a second command that starts meanwhile from installing into the same environment."""
    with path_of("run").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another command is installing packages; waiting for it …", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _on_interruption(act: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C, and every other signal to end, call this, once. Later ones are ignored.

    People press Ctrl-C more than once, and a second one would interrupt the ending itself, with a traceback.
    """

    def interrupt(signum: int, frame: FrameType | None) -> None:
        for other in _ENDING:
            signal.signal(other, signal.SIG_IGN)
        act()

    before = [(signum, signal.signal(signum, interrupt)) for signum in _ENDING]
    try:
        yield
    finally:
        for signum, previous in before:
            # Not after an interruption: from then on signals are ignored.
            if signal.getsignal(signum) is interrupt:
                signal.signal(signum, previous)


def _interrupt() -> None:
    raise KeyboardInterrupt


def install(lock: str) -> None:
    """Bring the environment up to a lock file; one whose last installation did not end well is made anew."""
    print(f"Installing the packages of requirements/{lock}.txt into .venv", file=sys.stderr, flush=True)
    whole = _is_whole()
    MARK.unlink(missing_ok=True)
    if not whole:
        _make_environment()
    if not (_install_with_uv(lock) or _install_with_pip(lock)):
        last = "\n".join(LOG.read_text().splitlines()[-_SHOWN_OF_LOG:])
        sys.exit(f"The packages could not be installed. The end of {_short(LOG)}:\n\n{last}")
    known = LOCKS[: LOCKS.index(lock) + 1]
    MARK.write_text("\n".join((_place(), *map(_line_of, known))) + "\n")


def _make_environment() -> None:
    folder = VENV.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    base = getattr(sys, "_base_executable", sys.executable)
    if not _run((base, "-m", "venv", str(folder))):
        sys.exit(f"The environment could not be made; {_short(LOG)} says why.")


def _install_with_uv(lock: str) -> bool:
    """Return whether uv was to be had and did it."""
    if not _works(VENV / "bin" / "uv", "--version"):
        print("  uv, which installs the others", file=sys.stderr, flush=True)
    if not _run(_pip_command("bootstrap", "--quiet")):
        return False
    uv = str(VENV / "bin" / "uv")
    environment = {**os.environ, **uv_settings(pip_settings())}
    _say_caches(environment)
    options = ("--color", "never", "--require-hashes", "--python", str(PYTHON))
    command = (uv, "pip", "install", *options, "--requirement", str(path_of(lock)))
    if _run(command, environment=environment, step=step_of_uv):
        return True
    why = f"uv could not do it ({_short(LOG)} says why)"
    print(f"{why}; trying with pip, which takes a minute …", file=sys.stderr, flush=True)
    return False


def _install_with_pip(lock: str) -> bool:
    return _run(_pip_command(lock, "--progress-bar", "off"), step=step_of_pip)


def _pip_command(lock: str, *options: str) -> tuple[str, ...]:
    fixed = ("--disable-pip-version-check", "--no-input", "--require-hashes")
    return (str(PYTHON), "-m", "pip", "install", *fixed, *options, "--requirement", str(path_of(lock)))


def step_of_uv(line: str) -> str | None:
    """Return what to show of a line that uv prints: a package that it loads, builds or has installed."""
    if not (match := _UV_STEP.match(line)):
        return None
    what, package = match.groups()
    name = package.replace("==", " ")
    return f"  {name}" if what == "+" else f"  {what.lower()} {name}"


def step_of_pip(line: str) -> str | None:
    """Return what to show of a line that pip prints."""
    if not (match := _PIP_STEP.match(line)):
        return None
    what, package = match.groups()
    name = package.replace("==", " ")
    return f"  {name}" if what == "Collecting" else f"  building {name}"


def _say_caches(environment: Mapping[str, str]) -> None:
    commands = ((str(VENV / "bin" / "uv"), "cache", "dir"), (str(PYTHON), "-m", "pip", "cache", "dir"))
    places = [
        subprocess.run(one, env=environment, check=False, capture_output=True, text=True).stdout.strip()
        for one in commands
    ]
    print(f"  (downloads are kept in {' and '.join(filter(None, places))})", file=sys.stderr, flush=True)


def _run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    step: Callable[[str], str | None] = lambda _: None,
) -> bool:
    """Return whether a program ended well; what it prints goes into the log, and its steps on the screen."""
    interrupted = False
    process: subprocess.Popen[str] | None = None

    def interrupt() -> None:
        # Not by an exception: one that came while the program is being started would lose hold of it.
        nonlocal interrupted
        interrupted = True
        _kill(process)

    with _on_interruption(interrupt), LOG.open("a") as log:
        process = _start(command, environment)
        if interrupted:
            _kill(process)
        with process:
            for line in process.stdout or ():
                log.write(line)
                if shown := step(line.rstrip()):
                    print(shown, file=sys.stderr, flush=True)
    if interrupted:
        raise KeyboardInterrupt
    return process.returncode == 0


def _start(command: Sequence[str], environment: Mapping[str, str] | None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, env=environment, cwd=REPOSITORY, text=True, errors="replace", bufsize=1,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,  # so that it and all that it starts can be ended together
    )  # fmt: skip


def _kill(process: "subprocess.Popen[str] | None") -> None:
    if process is not None and process.poll() is None:
        # One that Ctrl-C has killed before it had a session of its own leads no group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()


def _works(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _short(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def pip_settings() -> dict[str, str]:
    """Return pip's own configuration, from its files and its environment variables, by option name."""
    listing = subprocess.run(
        (PYTHON, "-m", "pip", "config", "list"), check=False, capture_output=True, text=True
    ).stdout
    found = re.findall(r"^(:env:|global|install)\.([\w-]+)='(.*)'$", listing, re.MULTILINE)
    strength = {"global": 0, "install": 1, ":env:": 2}
    return {name: value for _, name, value in sorted(found, key=lambda one: strength[one[0]])}


def uv_settings(of_pip: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that makes uv use the same places and certificates as pip would.

    All indexes count alike, as for pip: the lock file's hashes decide what may be installed.
    """
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_EXTRA_INDEX_URL",
        "find-links": "UV_FIND_LINKS",
        "no-index": "UV_NO_INDEX",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
    }
    values = {uv: of_pip[name] for name, uv in names.items() if of_pip.get(name)}
    if "UV_FIND_LINKS" in values:
        values["UV_FIND_LINKS"] = ",".join(values["UV_FIND_LINKS"].split())
    fixed = {
        "UV_SYSTEM_CERTS": "true",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    # What the user set for uv itself goes before what we deduce.
    return {name: value for name, value in {**fixed, **values}.items() if name not in os.environ}
