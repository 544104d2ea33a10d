"""Django's entry to the library."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SharedEventsConfig(AppConfig):
    """Finds every app's `handlers` and `tasks`, so that each process knows the subscriptions and sweeps."""

    name = "shared_events"
    verbose_name = "Events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import `handlers` and `tasks` of the installed apps."""
        autodiscover_modules("handlers", "tasks")
