"""Django's entry to the app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit."""

    name = "tests.chaos.audit_service.audit"
    default_auto_field = "django.db.models.BigAutoField"
