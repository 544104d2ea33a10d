"""The Django app of the pages."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """The shop. It has templates and static files, and no models."""

    name = "frontend_service.pages"
    label = "pages"

    def ready(self) -> None:
        """Register the one check that readiness depends on."""
        from frontend_service.pages import healthchecks  # noqa: F401  registering is its import's effect
