"""Settings of the moderation service, as a list of what it has."""

from service_defaults import env
from service_defaults import settings as defaults
from shared_events.settings import EventSettings

SERVICE = "moderation"

# The process
DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
LOGGING = defaults.logging(SERVICE)
INSTALLED_APPS = ["shared_events", "examples.blog.moderation_service.moderation"]

# Data and time
DATABASES = defaults.databases("MODERATION_DATABASE_URL")
USE_TZ = True
TIME_ZONE = "UTC"

# Events
EVENTS = EventSettings(
    service=SERVICE,
    publishes=("moderation",),
    contracts=("examples.blog.contracts",),
    broker_url=defaults.broker_url(),
)

# Moderation
FORBIDDEN_WORDS = env.list_of("MODERATION_FORBIDDEN_WORDS") or ["casino", "lottery", "spam"]
