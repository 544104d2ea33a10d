"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Attempts to pay, and the copies of orders and users that deciding about them needs."""

    name = "payments_service.payments"
    label = "payments"
    verbose_name = "Payments"
    default_auto_field = "django.db.models.BigAutoField"
