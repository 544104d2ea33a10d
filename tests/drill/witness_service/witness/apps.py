"""Django's entry to the app."""

from django.apps import AppConfig


class WitnessConfig(AppConfig):
    """The witness."""

    name = "tests.drill.witness_service.witness"
    default_auto_field = "django.db.models.BigAutoField"
