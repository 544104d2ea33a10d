"""The app that follows the users."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """The users' replica, in the database of each service that follows them."""

    name = "marketplace.users"
    label = "users"
    verbose_name = "Users"
    default_auto_field = "django.db.models.BigAutoField"
