"""Settings of the posts service, as a list of what it has."""

from examples.blog import web
from service_defaults import settings as defaults
from shared_events.settings import EventSettings

SERVICE = "posts"

# The process
DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
LOGGING = defaults.logging(SERVICE)
ROOT_URLCONF = "examples.blog.posts_service.config.urls"
WSGI_APPLICATION = "examples.blog.posts_service.config.wsgi.application"
INSTALLED_APPS = ["shared_events", "examples.blog.posts_service.posts"]
MIDDLEWARE = web.MIDDLEWARE

# The web
PUBLIC_ORIGIN = defaults.public_origin()
ALLOWED_HOSTS = defaults.allowed_hosts(PUBLIC_ORIGIN)
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = defaults.MAX_BODY_BYTES
REST_FRAMEWORK = web.REST_FRAMEWORK

# Data and time
DATABASES = defaults.databases("POSTS_DATABASE_URL")
USE_TZ = True
TIME_ZONE = "UTC"

# Events
EVENTS = EventSettings(
    service=SERVICE,
    publishes=("post",),
    contracts=("examples.blog.contracts",),
    broker_url=defaults.broker_url(),
)
