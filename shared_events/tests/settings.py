"""The notes service, as small as a Django project can be."""

import os
import tempfile

import dj_database_url

from shared_events.settings import EventSettings

#: The embedded broker's queues, where the environment names no broker; it goes with the process.
QUEUES = tempfile.TemporaryDirectory(prefix="notes-")

SECRET_KEY = "only for tests" * 4
USE_TZ = True
DATABASES = {"default": dj_database_url.parse(os.environ["EVENTS_DATABASE_URL"])}
INSTALLED_APPS = ["shared_events", "shared_events.tests.notes"]
EVENTS = EventSettings(
    service="notes",
    publishes=("note",),
    broker_url=os.environ.get("BROKER_URL", f"filesystem://{QUEUES.name}"),
    batch_size=3,
    catch_up_size=4,
    max_tries=2,
    catch_up_timeout=60.0,
)
