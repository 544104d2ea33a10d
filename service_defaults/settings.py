"""Values and functions from which every service's `config/settings.py` is composed.

A service names each one it uses, so that its settings list what it has. Values are read from the environment
here, in `env` and in the services' settings, nowhere else.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from service_defaults import env
from service_defaults.rate_limits.rates import Rate, rate

ADMIN_APPS = [
    "service_defaults.staff_pages",
    "service_defaults.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
API_APPS = ["rest_framework", "drf_spectacular"]
INSTALLED_APPS = [*ADMIN_APPS, *API_APPS]

WEB_MIDDLEWARE = [
    "service_defaults.middleware.request_id",
    "service_defaults.middleware.access_log",
    "service_defaults.middleware.body_limit",
    "django.middleware.security.SecurityMiddleware",
    "service_defaults.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "service_defaults.middleware.default_cache_control",
    "service_defaults.middleware.set_client_ip",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ADMIN_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
MIDDLEWARE = [
    *WEB_MIDDLEWARE,
    "service_defaults.rate_limits.throttling.rate_limit_headers",
    *ADMIN_MIDDLEWARE,
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

#: How the admin's pages write dates.
FORMATS = "service_defaults.staff_pages.formats"

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["service_defaults.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["service_defaults.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["service_defaults.rate_limits.throttling.RateLimited"],
    "DEFAULT_SCHEMA_CLASS": "service_defaults.schema.UseCaseSchema",
    "EXCEPTION_HANDLER": "service_defaults.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

#: Checks whether a verified token was revoked, by the service's own table; auth has a check of its own.
TOKEN_REVOCATION_CHECK = "service_defaults.revocation.checks.ensure_not_revoked"  # noqa: S105  a function's name

_TEXT_LINE = "%(asctime)s %(levelname)s %(service)s %(correlation_id)s %(name)s: %(message)s"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MIN_SECRET_LENGTH = 32
MAX_BODY_BYTES = 256 * 1024
STAFF_SESSION_SECONDS = 30 * 60
STAFF_BACKENDS = ["service_defaults.staff.StaffBackend"]
HSTS_SECONDS = 365 * 24 * 60 * 60
#: W008 wants a redirect to https. A client that calls an API over http has sent its token in the clear, and
#: a redirect would hide that. The frontend's pages do redirect.
SILENCED_SYSTEM_CHECKS = ["security.W008"]

#: Passwords of images and quick starts; a missing one is refused as well.
_KNOWN_PASSWORDS = frozenset({None, "", "postgres", "password", "guest", "admin", "changeme", "secret"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


def debug() -> bool:
    """Return DJANGO_DEBUG, off by default."""
    return env.boolean("DJANGO_DEBUG", default=False)


def secret_key() -> str:
    """DJANGO_SECRET_KEY, of this service alone; at least MIN_SECRET_LENGTH characters."""
    return _secret("DJANGO_SECRET_KEY")


def client_ip_signing_key() -> str:
    """DJANGO_CLIENT_IP_SIGNING_KEY, with which the frontend signs a visitor's address for the services.

    At least MIN_SECRET_LENGTH characters.
    """
    return _secret("DJANGO_CLIENT_IP_SIGNING_KEY")


def _secret(name: str) -> str:
    return env.secret(name, example="<50 random characters>", min_length=MIN_SECRET_LENGTH)


def public_origin() -> str:
    """DJANGO_PUBLIC_ORIGIN: scheme, host and port as visitors see them, written as browsers send them."""
    example = "http://localhost:8080"
    origin = _origin(env.required("DJANGO_PUBLIC_ORIGIN", example=example))
    if not origin:
        raise ImproperlyConfigured(
            f"DJANGO_PUBLIC_ORIGIN must be an origin, for example DJANGO_PUBLIC_ORIGIN={example}"
        )
    return origin


def _origin(address: str) -> str:
    # Lower case and without a default port: anything else never equals the `Origin` of a request.
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    more_than_an_origin = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or more_than_an_origin:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown_port = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"


def allowed_hosts(origin: str) -> list[str]:
    """The origin's host, and those that DJANGO_ALLOWED_HOSTS adds (health probes by address)."""
    return [urlsplit(origin).hostname or "", *env.list_of("DJANGO_ALLOWED_HOSTS")]


def is_https(origin: str) -> bool:
    """Whether visitors use https, so that cookies may be `Secure`."""
    return urlsplit(origin).scheme == "https"


def _visitors_use_https() -> bool:
    return is_https(env.text("DJANGO_PUBLIC_ORIGIN"))


def proxy_ssl_header(origin: str) -> tuple[str, str] | None:
    """SECURE_PROXY_SSL_HEADER: TLS ends at the ingress, which sets X-Forwarded-Proto."""
    return ("HTTP_X_FORWARDED_PROTO", "https") if is_https(origin) else None


def hsts_seconds(origin: str) -> int:
    """SECURE_HSTS_SECONDS: a year where the origin is https, else nothing."""
    return HSTS_SECONDS if is_https(origin) else 0


def rates(**more: Rate | None) -> dict[str, Rate | None]:
    """RATES by name: those of every service, and a service's own. See `service_defaults.rate_limits`.

    Reads aren't limited unless DJANGO_RATE_READS is set: counting adds a write to each cheap read, and the
    ingress is the place to limit floods.
    """
    return {
        "writes": rate("writes", variable="DJANGO_RATE_WRITES", default="120/60"),
        "reads": rate("reads", variable="DJANGO_RATE_READS", default="off"),
        **more,
    }


def databases(variable: str) -> dict[str, Any]:
    """DATABASES from one `postgres://` address in the given variable.

    Connections are kept for a minute and checked before use; connecting to an unreachable server fails within
    seconds.
    """
    example = "postgres://role:password@127.0.0.1:5432/name"
    url = env.required(variable, example=example)
    try:
        config: dict[str, Any] = {**dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)}
    except ValueError:
        config = {}
    if config.get("ENGINE") != "django.db.backends.postgresql" or not config["NAME"]:
        # Without the given address, which contains a password.
        raise ImproperlyConfigured(
            f"{variable} must be the address of a PostgreSQL database, for example {variable}={example}"
        )
    if config["PASSWORD"] in _KNOWN_PASSWORDS and _visitors_use_https():
        raise ImproperlyConfigured(f"{variable} still has a publicly known password; give it one of its own")
    options = {"connect_timeout": 3, "tcp_user_timeout": 10_000}
    return {"default": {**config, "OPTIONS": {**options, **config.get("OPTIONS", {})}}}


def broker_url() -> str:
    """BROKER_URL: the message broker, or a directory for the embedded one."""
    url = env.required("BROKER_URL", example="amqp://user:password@127.0.0.1:5672/events")
    is_local = urlsplit(url).scheme == "filesystem"
    if not is_local and urlsplit(url).password in _KNOWN_PASSWORDS and _visitors_use_https():
        raise ImproperlyConfigured("BROKER_URL still has a publicly known password; give it one of its own")
    return url


def failpoints(origin: str) -> str:
    """EVENTS_FAILPOINTS: where fault injection ends this process; refused where visitors use https."""
    setting = env.text("EVENTS_FAILPOINTS")
    if setting and is_https(origin):
        raise ImproperlyConfigured("EVENTS_FAILPOINTS must not be set in production: it is for drills")
    return setting


def jwks_file() -> str:
    """AUTH_JWKS_FILE: path of the JSON document with the public keys of access tokens."""
    return env.required("AUTH_JWKS_FILE", example="/etc/auth/jwks.json")


def spectacular(*, title: str, description: str) -> dict[str, Any]:
    """Return SPECTACULAR_SETTINGS of a service; its operations are tagged with the title."""
    return {
        "TITLE": title,
        "DESCRIPTION": description,
        "VERSION": "1",
        "OAS_VERSION": "3.1.0",
        "SERVE_INCLUDE_SCHEMA": False,
        "SERVE_AUTHENTICATION": [],
        "SERVE_PERMISSIONS": [],
        "COMPONENT_SPLIT_REQUEST": True,
        "PREPROCESSING_HOOKS": ["service_defaults.schema.only_the_api"],
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "service_defaults.schema.describe_problems",
        ],
    }


def logging(service: str, *, filters: tuple[str, ...] = ()) -> dict[str, Any]:
    """LOGGING: one line per thing that happens on standard error, JSON unless DJANGO_LOG_FORMAT=text.

    `filters` name classes of further filters, which see each record first.
    """
    style = env.choice("DJANGO_LOG_FORMAT", options=("json", "text"), default="json")
    level = env.choice("DJANGO_LOG_LEVEL", options=LOG_LEVELS, default="INFO")
    own = {"request": {"()": "service_defaults.logs.RequestFilter", "service": service}}
    every = {**{name: {"()": name} for name in filters}, **own}
    console = {"class": "logging.StreamHandler", "filters": [*every], "formatter": style}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": every,
        "formatters": {
            "json": {"()": "service_defaults.logs.JsonLines"},
            "text": {"format": _TEXT_LINE},
        },
        "handlers": {"console": console},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Refused requests are in the access log already; failures need their traceback.
            "django.request": {"level": "ERROR"},
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
        },
    }
