"""Settings of the payments service, as a list of what it has.

Values that all services share come from `service_defaults.settings`; what varies comes from the environment.
"""

from service_defaults import cookies, env
from service_defaults import settings as defaults
from shared_events.settings import EventSettings

SERVICE = "payments"

# The process
DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
LOGGING = defaults.logging(SERVICE)
LOGGING["loggers"]["stripe"] = {"level": "WARNING"}  # its client writes two lines per call
ROOT_URLCONF = "payments_service.config.urls"
WSGI_APPLICATION = "payments_service.config.wsgi.application"
INSTALLED_APPS = [
    *defaults.INSTALLED_APPS,
    "service_defaults.idempotency",
    "service_defaults.revocation",
    "service_defaults.rate_limits",
    "shared_events",
    "payments_service.payments",
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
DATABASES = defaults.databases("PAYMENTS_DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Events
EVENTS = EventSettings(
    service=SERVICE,
    publishes=("payment",),
    contracts=("contracts",),
    broker_url=defaults.broker_url(),
    failpoints=defaults.failpoints(PUBLIC_ORIGIN),
)

# The API
REST_FRAMEWORK = defaults.REST_FRAMEWORK
RATES = defaults.rates()
SPECTACULAR_SETTINGS = defaults.spectacular(title="Payments", description="Pay for an order, through Stripe.")
AUTH_JWKS_FILE = defaults.jwks_file()
TOKEN_REVOCATION_CHECK = defaults.TOKEN_REVOCATION_CHECK

# The operators' admin
AUTHENTICATION_BACKENDS = defaults.STAFF_BACKENDS
SESSION_COOKIE_NAME = cookies.for_a_path(f"{SERVICE}_session", PUBLIC_ORIGIN)
SESSION_COOKIE_PATH = f"/admin/{SERVICE}/"
SESSION_COOKIE_AGE = defaults.STAFF_SESSION_SECONDS
SESSION_COOKIE_SECURE = defaults.is_https(PUBLIC_ORIGIN)
CSRF_COOKIE_NAME = cookies.for_a_path(f"{SERVICE}_csrf", PUBLIC_ORIGIN)
CSRF_COOKIE_PATH = f"/admin/{SERVICE}/"
CSRF_COOKIE_SECURE = defaults.is_https(PUBLIC_ORIGIN)
CSRF_TRUSTED_ORIGINS = [PUBLIC_ORIGIN]

# Payments that aren't final after this many seconds are shown to the operators.
STUCK_SECONDS = env.integer("PAYMENTS_STUCK_SECONDS", default=600, minimum=1)

# The payment provider: a class of `payments_service.providers`, by its path.
_STRIPE = "payments_service.providers.stripe.Stripe"
PAYMENTS_PROVIDER = env.text("PAYMENTS_PROVIDER", default=_STRIPE)

# Stripe. Without STRIPE_API_BASE its own address is used.
if PAYMENTS_PROVIDER == _STRIPE:
    STRIPE_API_KEY = env.secret("STRIPE_API_KEY", example="sk_test_…")
    STRIPE_API_BASE = env.text("STRIPE_API_BASE")
    STRIPE_PUBLISHABLE_KEY = env.required("STRIPE_PUBLISHABLE_KEY", example="pk_test_…")
    STRIPE_WEBHOOK_SECRET = env.secret("STRIPE_WEBHOOK_SECRET", example="whsec_…")
