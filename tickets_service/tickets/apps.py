"""The tickets app."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """Listings."""

    name = "tickets_service.tickets"
    label = "tickets"
    verbose_name = "Listings"
    default_auto_field = "django.db.models.BigAutoField"
