"""Settings of the payments service: what the services share, and what only this one has."""

from marketplace.settings import service_settings
from service_defaults import env
from service_defaults import settings as defaults

_SHARED = service_settings(
    "payments",
    publishes="payment",
    apps=[
        "service_defaults.idempotency",
        "service_defaults.revocation",
        "marketplace.users",
        "payments_service.payments",
    ],
    title="Payments",
    description="Pay for an order, through Stripe.",
)
globals().update(_SHARED)
DATABASES = defaults.databases("PAYMENTS_DATABASE_URL")

# Stripe's client writes two lines per call.
_SHARED["LOGGING"]["loggers"]["stripe"] = {"level": "WARNING"}

# Payments that aren't final after this many seconds are shown to the operators.
STUCK_SECONDS = env.integer("PAYMENTS_STUCK_SECONDS", default=600, minimum=1)

# The payment provider: a class of `payments_service.providers`, by its path.
_STRIPE = "payments_service.providers.stripe.Stripe"
PAYMENTS_PROVIDER = env.text("PAYMENTS_PROVIDER", default=_STRIPE)

# Stripe. Without STRIPE_API_BASE its own address is used.
if PAYMENTS_PROVIDER == _STRIPE:
    STRIPE_API_KEY = env.secret("STRIPE_API_KEY", example="sk_test_…")
    STRIPE_API_BASE = env.text("STRIPE_API_BASE")
    STRIPE_PUBLISHABLE_KEY = env.required("STRIPE_PUBLISHABLE_KEY", example="pk_test_…")
    STRIPE_WEBHOOK_SECRET = env.secret("STRIPE_WEBHOOK_SECRET", example="whsec_…")
