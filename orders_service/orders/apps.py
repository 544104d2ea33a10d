"""The orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Holds and orders, and the copies of tickets and users that deciding about them needs."""

    name = "orders_service.orders"
    label = "orders"
    verbose_name = "Orders"
    default_auto_field = "django.db.models.BigAutoField"
