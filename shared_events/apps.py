"""Django's entry to the library."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from shared_events import contracts, failpoints
from shared_events.settings import event_settings


class SharedEventsConfig(AppConfig):
    """Finds the contracts, and every app's `handlers` and `tasks`: each process knows them all."""

    name = "shared_events"
    verbose_name = "Events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the contracts, and `handlers` and `tasks` of the installed apps."""
        contracts.load(event_settings().contracts)
        failpoints.arm(event_settings().failpoints)
        autodiscover_modules("handlers", "tasks")
