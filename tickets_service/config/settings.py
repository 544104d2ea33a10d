"""Settings of the tickets service: what the services share, and what only this one has."""

from marketplace.settings import service_settings
from service_defaults import settings as defaults

globals().update(
    service_settings(
        "tickets",
        publishes="ticket",
        apps=[
            "service_defaults.idempotency",
            "service_defaults.revocation",
            "marketplace.users",
            "tickets_service.tickets",
        ],
        title="Tickets",
        description="List tickets, and find one to buy.",
    )
)
DATABASES = defaults.databases("TICKETS_DATABASE_URL")
