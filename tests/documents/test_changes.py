"""The diffs of the developers' guides still apply, and change no more files than they may."""

import re
import subprocess

import pytest

from tests.documents.guides import CHANGES, GUIDES, ROOT, changed_files, diffs


@pytest.fixture(params=CHANGES)
def guide(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestADevelopersGuide:
    def test_has_diffs_that_apply(self, guide: str) -> None:
        found = diffs((GUIDES / f"{guide}.md").read_text())
        assert found
        for diff in found:
            done = _check(diff)
            assert done.returncode == 0, done.stderr

    def test_changes_no_more_files_than_it_may(self, guide: str) -> None:
        assert 0 < len(changed_files((GUIDES / f"{guide}.md").read_text())) <= CHANGES[guide]

    def test_leads_to_files_that_are_there(self, guide: str) -> None:
        page = (GUIDES / f"{guide}.md").read_text()
        named = re.findall(r"`((?:\w+/|docker/|deploy/)[\w./-]+\.(?:py|yaml))`", page)
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_a_diff_of_other_lines_does_not_apply() -> None:
    """The control."""
    [diff] = diffs((GUIDES / "change-commands.md").read_text())
    other = diff.replace("/dev/null", "a/README.md").replace("inspection/commands/services.py", "README.md")
    assert _check(other).returncode


def _check(diff: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "apply", "--check", "-"]
    return subprocess.run(command, cwd=ROOT, input=diff, capture_output=True, text=True, check=False)
