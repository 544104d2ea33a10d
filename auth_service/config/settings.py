"""Settings of the auth service.

Values that all services share come from `service_defaults.settings`; what varies comes from the environment.
"""

from auth_service.clients import mail
from service_defaults import cookies, env, tokens
from service_defaults import settings as defaults
from service_defaults.rate_limits.rates import rate
from shared_events.settings import EventSettings

SERVICE = "auth"

# The process
DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
LOGGING = defaults.logging(SERVICE)
ROOT_URLCONF = "auth_service.config.urls"
WSGI_APPLICATION = "auth_service.config.wsgi.application"
INSTALLED_APPS = [
    *defaults.INSTALLED_APPS,
    "service_defaults.rate_limits",
    "shared_events",
    "auth_service.accounts",
]
MIDDLEWARE = [*defaults.MIDDLEWARE, "shared_events.middleware.Correlation"]
TEMPLATES = defaults.TEMPLATES

# The web
PUBLIC_ORIGIN = defaults.public_origin()
ALLOWED_HOSTS = defaults.allowed_hosts(PUBLIC_ORIGIN)
CLIENT_IP_SIGNING_KEY = defaults.client_ip_signing_key()
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = defaults.MAX_BODY_BYTES
SECURE_PROXY_SSL_HEADER = defaults.proxy_ssl_header(PUBLIC_ORIGIN)
SECURE_HSTS_SECONDS = defaults.hsts_seconds(PUBLIC_ORIGIN)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = defaults.is_https(PUBLIC_ORIGIN)
SILENCED_SYSTEM_CHECKS = defaults.SILENCED_SYSTEM_CHECKS
X_FRAME_OPTIONS = "DENY"
STATIC_URL = f"/static/{SERVICE}/"
WHITENOISE_USE_FINDERS = True

# Language and time
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# Data
DATABASES = defaults.databases("AUTH_DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Events
EVENTS = EventSettings(
    service=SERVICE,
    publishes=("user",),
    contracts=("contracts",),
    broker_url=defaults.broker_url(),
    failpoints=defaults.failpoints(PUBLIC_ORIGIN),
)

# The API
REST_FRAMEWORK = defaults.REST_FRAMEWORK
RATES = defaults.rates(
    **{
        "sign-ups": rate("sign-ups", variable="AUTH_RATE_SIGN_UPS", default="20/60"),
        "sign-ins": rate("sign-ins", variable="AUTH_RATE_SIGN_INS", default="60/60"),
        # Per account and address together: they limit nobody at another address.
        "emails": rate("emails", variable="AUTH_RATE_EMAILS", default="5/900"),
        "failed-sign-ins": rate("failed-sign-ins", variable="AUTH_RATE_FAILED_SIGN_INS", default="10/900"),
    }
)
SPECTACULAR_SETTINGS = defaults.spectacular(
    title="Accounts", description="Sign up, sign in, and read the current user."
)
AUTH_JWKS_FILE = defaults.jwks_file()
TOKEN_REVOCATION_CHECK = "auth_service.accounts.queries.ensure_not_revoked"  # noqa: S105  a function's name

# The operators' admin
AUTHENTICATION_BACKENDS = ["auth_service.credentials.staff.AccountBackend"]
SESSION_COOKIE_NAME = cookies.for_a_path(f"{SERVICE}_session", PUBLIC_ORIGIN)
SESSION_COOKIE_PATH = f"/admin/{SERVICE}/"
SESSION_COOKIE_AGE = defaults.STAFF_SESSION_SECONDS
SESSION_COOKIE_SECURE = defaults.is_https(PUBLIC_ORIGIN)
CSRF_COOKIE_NAME = cookies.for_a_path(f"{SERVICE}_csrf", PUBLIC_ORIGIN)
CSRF_COOKIE_PATH = f"/admin/{SERVICE}/"
CSRF_COOKIE_SECURE = defaults.is_https(PUBLIC_ORIGIN)
CSRF_TRUSTED_ORIGINS = [PUBLIC_ORIGIN]

# Accounts
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["auth_service.credentials.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# E-mails
_MAIL = mail.server_from("AUTH_MAIL_URL")
EMAIL_BACKEND = _MAIL.backend
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.use_ssl, _MAIL.use_tls
EMAIL_TIMEOUT = _MAIL.timeout
EMAIL_FILE_PATH = _MAIL.directory
DEFAULT_FROM_EMAIL = env.text("AUTH_MAIL_FROM", default=f"tickets@{ALLOWED_HOSTS[0]}")
PASSWORD_RESET_TIMEOUT = env.integer("AUTH_RESET_SECONDS", default=60 * 60, minimum=60)
AUTH_VERIFY_SECONDS = env.integer("AUTH_VERIFY_SECONDS", default=7 * 24 * 60 * 60, minimum=60)

# Tokens
AUTH_SIGNING_KEY_FILE = env.required("AUTH_SIGNING_KEY_FILE", example="/etc/tickets/signing-key.pem")
AUTH_ACCESS_SECONDS = env.integer(
    "AUTH_ACCESS_SECONDS", default=5 * 60, minimum=10, maximum=tokens.MAX_ACCESS_SECONDS
)
AUTH_REFRESH_SECONDS = env.integer("AUTH_REFRESH_SECONDS", default=14 * 24 * 60 * 60, minimum=60)
