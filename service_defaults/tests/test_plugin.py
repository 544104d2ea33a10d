import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from rest_framework.test import APIClient

TEST_THAT_NEEDS_KEYS = """
import os

def test_has_keys():
    assert os.path.exists(os.environ["AUTH_SIGNING_KEY_FILE"])
    assert os.path.exists(os.environ["AUTH_JWKS_FILE"])
    assert {passes}
"""


class TestThePlugin:
    @pytest.mark.parametrize(("passes", "code"), [(True, 0), (False, 1)])
    def test_creates_keys_for_the_run_and_deletes_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passes: bool, code: int
    ) -> None:
        directory, suite = tmp_path / "tmp", tmp_path / "test_it.py"
        directory.mkdir()
        suite.write_text(TEST_THAT_NEEDS_KEYS.format(passes=passes))
        monkeypatch.setenv("TMPDIR", str(directory))
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "service_defaults.testing", "-p", "no:django", "-p",
             "no:cacheprovider", suite],
            check=False,
            capture_output=True,
        )  # fmt: skip
        assert run.returncode == code, run.stdout
        assert list(directory.iterdir()) == []

    def test_gives_a_client_of_our_own_pages(self, api: APIClient) -> None:
        assert api.defaults["HTTP_ORIGIN"] == settings.PUBLIC_ORIGIN
