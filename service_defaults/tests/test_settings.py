import logging.config
from collections.abc import Callable

import pytest
from django.core.exceptions import ImproperlyConfigured

from service_defaults import settings as defaults

PASSWORD = "s3cret-of-the-database"
REQUIRED: dict[str, Callable[[], object]] = {
    "DJANGO_SECRET_KEY": defaults.secret_key,
    "DJANGO_CLIENT_IP_SIGNING_KEY": defaults.client_ip_signing_key,
    "DJANGO_PUBLIC_ORIGIN": defaults.public_origin,
    "BROKER_URL": defaults.broker_url,
    "AUTH_JWKS_FILE": defaults.jwks_file,
    "NOTES_DATABASE_URL": lambda: defaults.databases("NOTES_DATABASE_URL"),
}
WRONG = [
    ("DJANGO_SECRET_KEY", "too-short-for-a-secret"),
    ("DJANGO_CLIENT_IP_SIGNING_KEY", "too-short-for-a-secret"),
    *(
        ("DJANGO_PUBLIC_ORIGIN", value)
        for value in (
            "notes.test:8080",
            "ftp://notes.test",
            "https://",
            "https://notes.test/more",
            "https://notes.test?x=1",
            "https://notes.test#x",
            "https://me:s3cret@notes.test",
            "https://notes.test:port",
            "http://[broken",
        )
    ),
    *(
        ("NOTES_DATABASE_URL", value)
        for value in (
            f"nonsense {PASSWORD}",
            f"mysql://notes:{PASSWORD}@127.0.0.1/notes",
            f"postgres://notes:{PASSWORD}@127.0.0.1:port/notes",
            f"postgres://notes:{PASSWORD}[@127.0.0.1/notes",
            f"postgres://notes:{PASSWORD}@127.0.0.1",
        )
    ),
]


def _error_of(name: str) -> str:
    with pytest.raises(ImproperlyConfigured) as refusal:
        REQUIRED[name]()
    # Nor may a traceback show the error that it came from.
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    return str(refusal.value)


class TestARequiredSetting:
    @pytest.mark.parametrize("name", REQUIRED)
    @pytest.mark.parametrize("value", [None, "", " "])
    def test_that_is_missing_is_named_with_an_example(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
    ) -> None:
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
        assert _error_of(name).startswith(f"{name} must be set, for example {name}=")

    @pytest.mark.parametrize(("name", "value"), WRONG)
    def test_that_is_wrong_is_named_with_an_example_and_not_shown(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(name, value)
        message = _error_of(name)
        assert message.startswith(f"{name} must ")
        assert f"for example {name}=" in message
        assert value not in message
        assert PASSWORD not in message


class TestThePublicOrigin:
    @pytest.mark.parametrize(
        ("given", "origin"),
        [
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://notes.test/", "https://notes.test"),
            ("HTTPS://Notes.Test:443", "https://notes.test"),
            ("http://notes.test:80", "http://notes.test"),
            ("https://notes.test:80", "https://notes.test:80"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ],
    )
    def test_is_written_as_browsers_send_it(
        self, monkeypatch: pytest.MonkeyPatch, given: str, origin: str
    ) -> None:
        monkeypatch.setenv("DJANGO_PUBLIC_ORIGIN", given)
        assert defaults.public_origin() == origin

    def test_is_an_allowed_host_beside_those_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DJANGO_ALLOWED_HOSTS", "10.0.0.7, probe")
        assert defaults.allowed_hosts("https://notes.test:8443") == ["notes.test", "10.0.0.7", "probe"]

    def test_decides_what_https_needs(self) -> None:
        secure, plain = "https://notes.test", "http://localhost:8080"
        assert defaults.is_https(secure)
        assert not defaults.is_https(plain)
        assert defaults.proxy_ssl_header(secure) == ("HTTP_X_FORWARDED_PROTO", "https")
        assert defaults.proxy_ssl_header(plain) is None
        assert (defaults.hsts_seconds(secure), defaults.hsts_seconds(plain)) == (365 * 24 * 3600, 0)


class TestDebug:
    def test_is_off_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DJANGO_DEBUG", raising=False)
        assert defaults.debug() is False
        monkeypatch.setenv("DJANGO_DEBUG", "1")
        assert defaults.debug() is True


class TestTheDatabase:
    @pytest.fixture
    def database(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv(
            "NOTES_DATABASE_URL", "postgres://me:p%40ss@db.test:5433/notes?application_name=notes"
        )
        return defaults.databases("NOTES_DATABASE_URL")["default"]

    def test_is_read_from_one_address(self, database) -> None:
        names = ("HOST", "PORT", "NAME", "USER", "PASSWORD")
        assert [database[name] for name in names] == ["db.test", 5433, "notes", "me", "p@ss"]

    def test_keeps_connections_but_checks_them(self, database) -> None:
        assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)
        assert not database.get("ATOMIC_REQUESTS")

    def test_has_short_timeouts_and_the_options_of_its_address(self, database) -> None:
        options = database["OPTIONS"]
        assert (options["connect_timeout"], options["tcp_user_timeout"]) == (3, 10_000)
        assert options["application_name"] == "notes"


class TestLogging:
    @pytest.fixture(autouse=True)
    def _unset_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("DJANGO_LOG_FORMAT", "DJANGO_LOG_LEVEL"):
            monkeypatch.delenv(name, raising=False)

    def test_is_json_at_info_by_default(self) -> None:
        config = defaults.logging("notes")
        assert config["handlers"]["console"]["formatter"] == "json"
        assert config["root"]["level"] == "INFO"

    def test_can_be_text_for_people_and_of_any_level(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_LOG_FORMAT", "text")
        monkeypatch.setenv("DJANGO_LOG_LEVEL", "warning")
        config = defaults.logging("notes")
        assert config["handlers"]["console"]["formatter"] == "text"
        assert config["root"]["level"] == "WARNING"

    @pytest.mark.parametrize("name", ["DJANGO_LOG_FORMAT", "DJANGO_LOG_LEVEL"])
    def test_names_a_wrong_value(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv(name, "loud")
        with pytest.raises(ImproperlyConfigured, match=f"^{name} must be one of .*, for example {name}="):
            defaults.logging("notes")

    @pytest.mark.parametrize("style", ["json", "text"])
    def test_is_a_configuration_that_python_accepts(
        self, monkeypatch: pytest.MonkeyPatch, style: str
    ) -> None:
        monkeypatch.setenv("DJANGO_LOG_FORMAT", style)
        configurator = logging.config.DictConfigurator(defaults.logging("notes"))
        config = configurator.config
        for name, made_of in config["formatters"].items():
            config["formatters"][name] = configurator.configure_formatter(made_of)
        for name, made_of in config["filters"].items():
            config["filters"][name] = configurator.configure_filter(made_of)
        handler = configurator.configure_handler(config["handlers"]["console"])
        record = logging.LogRecord("notes", logging.INFO, __file__, 1, "A %s", ("line",), None)
        assert handler.filter(record)
        assert "A line" in handler.format(record)


class TestFailpoints:
    def test_are_off_by_default(self) -> None:
        assert defaults.failpoints("http://localhost:8080") == ""

    def test_are_refused_with_https(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EVENTS_FAILPOINTS", "relay.numbered=kill:1")
        assert defaults.failpoints("http://localhost:8080") == "relay.numbered=kill:1"
        with pytest.raises(ImproperlyConfigured, match="EVENTS_FAILPOINTS must not be set in production"):
            defaults.failpoints("https://notes.test")
