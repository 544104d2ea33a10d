"""Django app: accounts and their sessions."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts and their sessions."""

    name = "auth_service.accounts"
    verbose_name = "Accounts"
