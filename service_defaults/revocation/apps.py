"""Django app: access tokens that were revoked."""

from django.apps import AppConfig


class RevocationConfig(AppConfig):
    """One table, in the database of each service that subscribes to the `user` stream."""

    name = "service_defaults.revocation"
    label = "revocation"
    default_auto_field = "django.db.models.BigAutoField"
