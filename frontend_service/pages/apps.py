"""The Django app of the pages."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """The storefront: templates and static files, no models."""

    name = "frontend_service.pages"
    label = "pages"

    def ready(self) -> None:
        """Register the readiness check."""
        from frontend_service.pages import healthchecks  # noqa: F401  registering is its import's effect
