"""Settings of the audit, as a list of what it has.

AUDIT_NAME lets the same project run a second time, with a database and queues of its own. AUDIT_COUNTS=0
has it keep replicas only, and no list of what it saw.
"""

from service_defaults import env
from service_defaults import settings as defaults
from shared_events.settings import EventSettings

SERVICE = env.text("AUDIT_NAME", default="audit")

# The process
DEBUG = defaults.debug()
SECRET_KEY = defaults.secret_key()
LOGGING = defaults.logging(SERVICE)
INSTALLED_APPS = ["shared_events", "tests.chaos.audit_service.audit"]

# Data and time
DATABASES = defaults.databases(f"{SERVICE.upper()}_DATABASE_URL")
USE_TZ = True
TIME_ZONE = "UTC"

# Events
EVENTS = EventSettings(
    service=SERVICE,
    contracts=("contracts",),
    broker_url=defaults.broker_url(),
    failpoints=defaults.failpoints(defaults.public_origin()),
)

AUDIT_COUNTS = env.boolean("AUDIT_COUNTS", default=True)
