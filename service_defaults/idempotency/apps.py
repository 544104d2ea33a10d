"""Django app: responses stored under their idempotency keys."""

from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    """One table, in the database of each service that offers the header."""

    name = "service_defaults.idempotency"
    label = "idempotency"
    default_auto_field = "django.db.models.BigAutoField"
