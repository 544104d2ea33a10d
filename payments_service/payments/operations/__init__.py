"""The writes: everything that can happen to a payment.

Each needs a transaction opened by its caller, locks the order's copy and then the payment before it decides,
and records what it did. None of them speaks to Stripe: `settlement` does, between two of them.
"""

from payments_service.payments.operations.attempts import (
    BuyerSuspended,
    NotCaptured,
    NothingToSettle,
    NotYourOrder,
    NotYourPayment,
    OrderAlreadyPaid,
    OrderCancelled,
    OrderExpired,
    PaymentInProgress,
    give_up_attempt,
    keep_intent,
    request_refund,
    require_payable,
    settle_now,
    start_payment,
)
from payments_service.payments.operations.lease_locks import unlock_lease
from payments_service.payments.operations.provider_calls import (
    Lease,
    lease_payment,
    record_intent,
    release_payment,
)
from payments_service.payments.operations.reasons import Reason, refused_card
from payments_service.payments.operations.records import OrderNotFound, PaymentNotFound
from payments_service.payments.operations.replicas import (
    OrderUpdate,
    end_lost_order,
    end_orders,
    upsert_order_replicas,
    upsert_user_replica,
)
from payments_service.payments.operations.searches import FIND_LOST_INTENTS, begin_searches, end_search
from payments_service.payments.operations.sync_requests import (
    SETTLE_PAYMENT,
    end_leases_without_holder,
    purge_stripe_events,
    receive_webhook,
    settle_due_payments,
)

__all__ = [
    "FIND_LOST_INTENTS",
    "SETTLE_PAYMENT",
    "BuyerSuspended",
    "Lease",
    "NotCaptured",
    "NotYourOrder",
    "NotYourPayment",
    "NothingToSettle",
    "OrderAlreadyPaid",
    "OrderCancelled",
    "OrderExpired",
    "OrderNotFound",
    "OrderUpdate",
    "PaymentInProgress",
    "PaymentNotFound",
    "Reason",
    "begin_searches",
    "end_leases_without_holder",
    "end_lost_order",
    "end_orders",
    "end_search",
    "give_up_attempt",
    "keep_intent",
    "lease_payment",
    "purge_stripe_events",
    "receive_webhook",
    "record_intent",
    "refused_card",
    "release_payment",
    "request_refund",
    "require_payable",
    "settle_due_payments",
    "settle_now",
    "start_payment",
    "unlock_lease",
    "upsert_order_replicas",
    "upsert_user_replica",
]
