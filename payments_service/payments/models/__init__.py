"""State: payments and their ledger, the copies of orders and users, and what Stripe told."""

from payments_service.payments.models.intents import Failure, Goal, Intent, IntentState, ProviderCall
from payments_service.payments.models.ledger import EFFECTS, LedgerEntry, Movement, entry_of, movements_due
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
from payments_service.payments.models.replicas import (
    REPLICATED_FIELDS,
    OrderReplica,
    OrderStatus,
    UserReplica,
)
from payments_service.payments.models.stripe_events import StripeEvent

__all__ = [
    "EFFECTS",
    "LEASE",
    "LIVE",
    "LONGEST_WAIT",
    "OPEN",
    "PAID",
    "REPLICATED_FIELDS",
    "SHORTEST_WAIT",
    "Failure",
    "Goal",
    "Intent",
    "IntentState",
    "LedgerEntry",
    "Movement",
    "OrderReplica",
    "OrderStatus",
    "Payment",
    "ProviderCall",
    "Status",
    "StripeEvent",
    "UserReplica",
    "entry_of",
    "movements_due",
]
