"""The revocation app."""

from django.apps import AppConfig


class RevocationConfig(AppConfig):
    """One table, in the database of each service that follows the users."""

    name = "service_defaults.revocation"
    label = "revocation"
    default_auto_field = "django.db.models.BigAutoField"
