"""State: payments and their ledger, replicas of orders, and the provider's webhooks."""

from payments_service.payments.models.events import event_of, part_refund_of
from payments_service.payments.models.intents import Failure, Goal, Intent, IntentState, ProviderCall
from payments_service.payments.models.lease_locks import lock_lease, unlock_lease, without_holder
from payments_service.payments.models.ledger import (
    EFFECTS,
    LedgerEntry,
    Movement,
    entry_of,
    movements_due,
    record_movements,
)
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
from payments_service.payments.models.reasons import Reason, reason_for, refused_card
from payments_service.payments.models.replicas import (
    REPLICATED_FIELDS,
    OrderReplica,
    OrderStatus,
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
    "Reason",
    "Status",
    "StripeEvent",
    "entry_of",
    "event_of",
    "lock_lease",
    "movements_due",
    "part_refund_of",
    "reason_for",
    "record_movements",
    "refused_card",
    "unlock_lease",
    "without_holder",
]
