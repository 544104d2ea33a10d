"""Settings of the orders service: what the services share, and what only this one has."""

from marketplace.settings import service_settings
from service_defaults import env
from service_defaults import settings as defaults

globals().update(
    service_settings(
        "orders",
        publishes="order",
        apps=[
            "service_defaults.idempotency",
            "service_defaults.revocation",
            "marketplace.users",
            "orders_service.orders",
        ],
        title="Orders",
        description="Hold a ticket, and see what became of it.",
    )
)
DATABASES = defaults.databases("ORDERS_DATABASE_URL")

HOLD_SECONDS = env.integer("ORDERS_HOLD_SECONDS", default=15 * 60, minimum=1)
