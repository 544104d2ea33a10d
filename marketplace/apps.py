"""The marketplace's own app: no tables, only sweeps."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Keeps the tables short that the libraries' apps fill in every service."""

    name = "marketplace"
    label = "marketplace"
