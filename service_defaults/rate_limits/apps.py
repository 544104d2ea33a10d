"""Django app: counts of requests for rate limits."""

from django.apps import AppConfig


class RateLimitsConfig(AppConfig):
    """One table, in the database of each service that limits rates."""

    name = "service_defaults.rate_limits"
    label = "rate_limits"
    default_auto_field = "django.db.models.BigAutoField"
