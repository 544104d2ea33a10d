"""The notes service, as small as a Django project can be."""

import os

import dj_database_url

from shared_events.settings import EventSettings

SECRET_KEY = "only for tests" * 4
USE_TZ = True
DATABASES = {"default": dj_database_url.parse(os.environ["EVENTS_DATABASE_URL"])}
INSTALLED_APPS = ["shared_events", "shared_events.tests.notes"]
EVENTS = EventSettings(
    service="notes",
    publishes=("note",),
    broker_url=os.environ.get("BROKER_URL", "filesystem:///nowhere"),
    batch_size=3,
    catch_up_size=4,
    max_tries=2,
    catch_up_timeout=60.0,
)
