"""Settings of the notes service, with every default, as a service lists them."""

from service_defaults import cookies
from service_defaults import settings as defaults

SERVICE = "notes"

# The process
DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
LOGGING = defaults.logging(SERVICE)
ROOT_URLCONF = "service_defaults.tests.urls"
INSTALLED_APPS = [
    *defaults.INSTALLED_APPS,
    "service_defaults.idempotency",
    "service_defaults.revocation",
    "service_defaults.rate_limits",
    "service_defaults.tests.notes",
]
MIDDLEWARE = defaults.MIDDLEWARE
TEMPLATES = defaults.TEMPLATES

# The web
PUBLIC_ORIGIN = defaults.public_origin()
ALLOWED_HOSTS = defaults.allowed_hosts(PUBLIC_ORIGIN)
CLIENT_IP_SIGNING_KEY = defaults.client_ip_signing_key()
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = defaults.MAX_BODY_BYTES
SECURE_PROXY_SSL_HEADER = defaults.proxy_ssl_header(PUBLIC_ORIGIN)
SECURE_HSTS_SECONDS = defaults.hsts_seconds(PUBLIC_ORIGIN)
STATIC_URL = f"/static/{SERVICE}/"
WHITENOISE_USE_FINDERS = True

# Language and time
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = defaults.FORMATS

# Data
DATABASES = defaults.databases("DEFAULTS_DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The API
REST_FRAMEWORK = defaults.REST_FRAMEWORK
RATES = defaults.rates()
SPECTACULAR_SETTINGS = defaults.spectacular(title="Notes", description="Write notes.")
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
