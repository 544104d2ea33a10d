"""Settings of the comments service, as a list of what it has."""

from service_defaults import settings as defaults
from shared_events.settings import EventSettings

SERVICE = "comments"

# The process
DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
LOGGING = defaults.logging(SERVICE)
ROOT_URLCONF = "examples.blog.comments_service.config.urls"
WSGI_APPLICATION = "examples.blog.comments_service.config.wsgi.application"
INSTALLED_APPS = ["shared_events", "examples.blog.comments_service.comments"]
MIDDLEWARE = [
    "service_defaults.middleware.request_id",
    "service_defaults.middleware.access_log",
    "service_defaults.middleware.body_limit",
    "django.middleware.security.SecurityMiddleware",
    "shared_events.middleware.Correlation",
]

# The web
PUBLIC_ORIGIN = defaults.public_origin()
ALLOWED_HOSTS = defaults.allowed_hosts(PUBLIC_ORIGIN)
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = defaults.MAX_BODY_BYTES
# Anybody may write: the blog has no accounts.
REST_FRAMEWORK = {
    **defaults.REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["service_defaults.parsers.JSONParser", "rest_framework.parsers.FormParser"],
}

# Data and time
DATABASES = defaults.databases("COMMENTS_DATABASE_URL")
USE_TZ = True
TIME_ZONE = "UTC"

# Events
EVENTS = EventSettings(
    service=SERVICE,
    publishes=("comment",),
    contracts=("examples.blog.contracts",),
    broker_url=defaults.broker_url(),
)
