"""Settings of the query service, as a list of what it has.

QUERY_NAME lets the same project run a second time, with a database and queues of its own.
"""

from service_defaults import env
from service_defaults import settings as defaults
from shared_events.settings import EventSettings

SERVICE = env.text("QUERY_NAME", default="query")

# The process
DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
LOGGING = defaults.logging(SERVICE)
ROOT_URLCONF = "examples.blog.query_service.config.urls"
WSGI_APPLICATION = "examples.blog.query_service.config.wsgi.application"
INSTALLED_APPS = ["django.contrib.staticfiles", "shared_events", "examples.blog.query_service.query"]
MIDDLEWARE = [
    "service_defaults.middleware.request_id",
    "service_defaults.middleware.access_log",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "service_defaults.middleware.default_cache_control",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

# The web
PUBLIC_ORIGIN = defaults.public_origin()
ALLOWED_HOSTS = defaults.allowed_hosts(PUBLIC_ORIGIN)
APPEND_SLASH = False
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
# Anybody may read: the blog has no accounts.
REST_FRAMEWORK = {
    **defaults.REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
}

# Data and time
DATABASES = defaults.databases(f"{SERVICE.upper()}_DATABASE_URL")
USE_TZ = True
TIME_ZONE = "UTC"

# Events
EVENTS = EventSettings(
    service=SERVICE, contracts=("examples.blog.contracts",), broker_url=defaults.broker_url()
)
