import runpy
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from gunicorn.config import Config


@pytest.fixture(autouse=True)
def _unset_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEB_CONCURRENCY", "WEB_THREADS", "PGOPTIONS"):
        # Set first, so that monkeypatch undoes what the module sets.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def _settings() -> dict[str, Any]:
    return {
        name: value
        for name, value in runpy.run_module("service_defaults.gunicorn").items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }


class TestTheWebServersSettings:
    def test_are_settings_of_gunicorns(self) -> None:
        """gunicorn ignores an unknown name without a warning."""
        config = Config()
        for name, value in _settings().items():
            config.set(name, value)

    def test_are_one_process_of_eight_threads_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (_settings()["workers"], _settings()["threads"]) == (1, 8)
        monkeypatch.setenv("WEB_CONCURRENCY", "3")
        monkeypatch.setenv("WEB_THREADS", "2")
        assert (_settings()["workers"], _settings()["threads"]) == (3, 2)

    @pytest.mark.parametrize("name", ["WEB_CONCURRENCY", "WEB_THREADS"])
    @pytest.mark.parametrize("value", ["0", "many"])
    def test_that_are_wrong_are_named(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ImproperlyConfigured, match=f"^{name} must be .*, for example {name}="):
            _settings()

    @pytest.mark.django_db
    def test_limit_the_time_of_every_statement(self) -> None:
        _settings()
        fresh = connection.copy()
        try:
            with fresh.cursor() as cursor:
                cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
                assert cursor.fetchone() == ("15s", "5s")
        finally:
            fresh.close()

    def test_leave_pgoptions_alone_where_they_are_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import os

        monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=1s")
        _settings()
        assert os.environ["PGOPTIONS"] == "-c statement_timeout=1s"
