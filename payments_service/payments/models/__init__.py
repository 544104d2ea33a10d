"""State: payments, the copies of orders and users that deciding about them needs, and what Stripe told."""

from payments_service.payments.models.copies import OrderCopy, OrderStatus, UserCopy
from payments_service.payments.models.intents import Failure, Goal, Intent, IntentState, Step
from payments_service.payments.models.payments import (
    LEASE,
    LIVE,
    LONGEST_WAIT,
    OPEN,
    PAID,
    SHORTEST_WAIT,
    Payment,
    Status,
)
from payments_service.payments.models.stripe_events import StripeEvent

__all__ = [
    "LEASE",
    "LIVE",
    "LONGEST_WAIT",
    "OPEN",
    "PAID",
    "SHORTEST_WAIT",
    "Failure",
    "Goal",
    "Intent",
    "IntentState",
    "OrderCopy",
    "OrderStatus",
    "Payment",
    "Status",
    "Step",
    "StripeEvent",
    "UserCopy",
]
