"""Settings of the auth service: what the services share, and what only this one has."""

from auth_service.clients import mail
from marketplace.settings import service_settings
from service_defaults import env, tokens
from service_defaults import settings as defaults
from service_defaults.rate_limits.rates import rate

_SHARED = service_settings(
    "auth",
    publishes="user",
    apps=["auth_service.accounts"],
    title="Accounts",
    description="Sign up, sign in, and read the current user.",
)
globals().update(_SHARED)
DATABASES = defaults.databases("AUTH_DATABASE_URL")

RATES = defaults.rates(
    **{
        "sign-ups": rate("sign-ups", variable="AUTH_RATE_SIGN_UPS", default="20/60"),
        "sign-ins": rate("sign-ins", variable="AUTH_RATE_SIGN_INS", default="60/60"),
        # Per account and address together: users at other addresses aren't limited.
        "emails": rate("emails", variable="AUTH_RATE_EMAILS", default="5/900"),
        "failed-sign-ins": rate("failed-sign-ins", variable="AUTH_RATE_FAILED_SIGN_INS", default="10/900"),
    }
)
TOKEN_REVOCATION_CHECK = "auth_service.accounts.queries.ensure_not_revoked"  # noqa: S105  a function's name
AUTHENTICATION_BACKENDS = ["auth_service.credentials.staff.AccountBackend"]

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
DEFAULT_FROM_EMAIL = env.text("AUTH_MAIL_FROM", default=f"tickets@{_SHARED['ALLOWED_HOSTS'][0]}")
PASSWORD_RESET_TIMEOUT = env.integer("AUTH_RESET_SECONDS", default=60 * 60, minimum=60)
AUTH_VERIFY_SECONDS = env.integer("AUTH_VERIFY_SECONDS", default=7 * 24 * 60 * 60, minimum=60)

# Tokens
AUTH_SIGNING_KEY_FILE = env.required("AUTH_SIGNING_KEY_FILE", example="/etc/tickets/signing-key.pem")
AUTH_ACCESS_SECONDS = env.integer(
    "AUTH_ACCESS_SECONDS", default=5 * 60, minimum=10, maximum=tokens.MAX_ACCESS_SECONDS
)
AUTH_REFRESH_SECONDS = env.integer("AUTH_REFRESH_SECONDS", default=14 * 24 * 60 * 60, minimum=60)
