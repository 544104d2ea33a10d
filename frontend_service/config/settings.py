"""Settings of the frontend: pages, no database. The environment's variables set the rest."""

from service_defaults import cookies, env
from service_defaults import settings as defaults

PUBLIC_ORIGIN = defaults.public_origin()
_IS_HTTPS = defaults.is_https(PUBLIC_ORIGIN)

DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
CLIENT_IP_SIGNING_KEY = defaults.client_ip_signing_key()
ALLOWED_HOSTS = defaults.allowed_hosts(PUBLIC_ORIGIN)

ROOT_URLCONF = "frontend_service.config.urls"
WSGI_APPLICATION = "frontend_service.config.wsgi.application"
INSTALLED_APPS = [
    "frontend_service.pages",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    *defaults.WEB_MIDDLEWARE,
    "frontend_service.pages.security.SecurityHeaders",
    "django.middleware.locale.LocaleMiddleware",
    "frontend_service.pages.middleware.VisitorZone",
    "frontend_service.pages.middleware.VisitorSession",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "django.contrib.messages.context_processors.messages",
                "frontend_service.pages.context.site",
            ]
        },
    }
]

DATABASES: dict[str, object] = {}
# There is no session store: what has to last from one page to the next is in cookies.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

CSRF_COOKIE_NAME = cookies.for_this_host("frontend_csrf", PUBLIC_ORIGIN)
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = _IS_HTTPS
CSRF_TRUSTED_ORIGINS = [PUBLIC_ORIGIN]
CSRF_FAILURE_VIEW = "frontend_service.pages.problems.csrf_failed"
# The messages' cookie uses these two.
SESSION_COOKIE_SECURE = _IS_HTTPS
SESSION_COOKIE_HTTPONLY = True

SECURE_PROXY_SSL_HEADER = defaults.proxy_ssl_header(PUBLIC_ORIGIN)
SECURE_HSTS_SECONDS = defaults.hsts_seconds(PUBLIC_ORIGIN)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _IS_HTTPS
# Browsers are redirected to HTTPS; API clients aren't redirected.
SECURE_SSL_REDIRECT = _IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^api/"]
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = defaults.MAX_BODY_BYTES
APPEND_SLASH = False

STATIC_URL = "/static/frontend/"
STORAGES = {"staticfiles": {"BACKEND": "frontend_service.pages.static_files.VersionedStaticFiles"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 0 if DEBUG else 365 * 24 * 60 * 60

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = defaults.logging("frontend")
# It would log every URL it calls, and with it what people search for.
LOGGING["loggers"]["httpx"] = {"level": "WARNING"}

FRONTEND_API_BASE = env.required("FRONTEND_API_BASE", example="http://127.0.0.1:8080")
STRIPE_PUBLISHABLE_KEY = env.required("STRIPE_PUBLISHABLE_KEY", example="pk_test_…")
# The directory that the local stack writes e-mails to, for the mailbox page; empty elsewhere.
MAILBOX = env.text("DEV_MAILBOX")
