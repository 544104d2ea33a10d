"""How uv and pip are run, and what of their output is shown."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from requirements import bootstrap


class TestWhatAnInstallerPrints:
    @pytest.mark.parametrize(
        ("line", "shown"),
        [
            ("Resolved 72 packages in 624ms", None),
            ("Downloading django (7.9MiB)", "  downloading django (7.9MiB)"),
            (" Downloaded django", None),
            ("   Building localstripe==1.15.10", "  building localstripe 1.15.10"),
            (" + django==5.2.19", "  django 5.2.19"),
        ],
    )
    def test_becomes_a_line_for_each_package_of_uv(self, line: str, shown: str | None) -> None:
        assert bootstrap.step_of_uv(line) == shown

    @pytest.mark.parametrize(
        ("line", "shown"),
        [
            ("Looking in indexes: https://index.test/simple", None),
            ("Collecting django==5.2.19 (from -r run.txt (line 3))", "  django 5.2.19"),
            ("  Downloading django-5.2.19-py3-none-any.whl (8.0 MB)", None),
            ("  Building wheel for localstripe (pyproject.toml): started", "  building localstripe"),
        ],
    )
    def test_becomes_a_line_for_each_package_of_pip(self, line: str, shown: str | None) -> None:
        assert bootstrap.step_of_pip(line) == shown

    def test_is_shown_while_it_comes_and_kept_in_a_log(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(bootstrap, "LOG", tmp_path / "install.log")
        code = "print('Resolved 2'); print(' + one==1'); print(' + two==2'); raise SystemExit(3)"
        assert not bootstrap._run((sys.executable, "-c", code), step=bootstrap.step_of_uv)
        assert capfd.readouterr().err == "  one 1\n  two 2\n"
        assert bootstrap.LOG.read_text().startswith("Resolved 2\n")


class TestUv:
    def test_gets_pips_places_and_certificates(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [*os.environ]:
            if name.startswith(("UV_", "SSL_CERT")):
                monkeypatch.delenv(name)
        settings = bootstrap.uv_settings(
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

    def test_keeps_what_the_user_set_for_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.test/simple")
        assert "UV_DEFAULT_INDEX" not in bootstrap.uv_settings({"index-url": "https://mirror.test/simple"})


class TestPip:
    def test_lets_a_variable_win_over_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        configuration = tmp_path / "pip.conf"
        configuration.write_text("[global]\nindex-url = https://file.test\ntimeout = 7\n")
        monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
        monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
        monkeypatch.setenv("PIP_INDEX_URL", "https://variable.test")
        found = bootstrap.pip_settings()
        assert found["index-url"] == "https://variable.test"
        assert found["timeout"] == "7"


class TestKill:
    def test_ends_a_process_that_has_no_group_of_its_own(self) -> None:
        """As one that Ctrl-C has reached between its fork and its own session."""
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True) as process:
            bootstrap._kill(process)
            assert process.wait(10) == -signal.SIGKILL
