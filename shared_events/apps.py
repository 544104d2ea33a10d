"""Django's entry to the library."""

from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import autodiscover_modules

from shared_events import contracts, failpoints, postgres, projects
from shared_events.settings import event_settings


class SharedEventsConfig(AppConfig):
    """Imports the contracts, and each app's `handlers`, `tasks`, `recovery` and `gauges`."""

    name = "shared_events"
    verbose_name = "Events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the contracts, and those modules of the installed apps."""
        contracts.load(event_settings().contracts)
        failpoints.arm(event_settings().failpoints)
        checks.register(postgres.check_version, checks.Tags.database)  # type: ignore[call-overload]
        checks.register(projects.check_celery_settings)
        autodiscover_modules("handlers", "tasks", "recovery", "gauges")
