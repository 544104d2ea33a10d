"""The writes: everything that can happen to a payment.

Each needs a transaction opened by its caller, locks the order's replica and then the payment before it
decides, and records its event. None of them calls the provider: `paying` does, between two of them.
"""

from payments_service.payments.operations.attempts import (
    SETTLE_PAYMENT,
    BuyerSuspended,
    Lease,
    NotYourOrder,
    OrderAlreadyPaid,
    OrderCancelled,
    OrderExpired,
    PaymentInProgress,
    SyncResult,
    add_intent,
    end_attempt,
    lease_payment,
    record_sync,
    release_payment,
    start_payment,
)
from payments_service.payments.operations.due_payments import (
    NothingToSettle,
    end_leases_without_holder,
    purge_stripe_events,
    receive_webhook,
    settle_due_payments,
    settle_now,
)
from payments_service.payments.operations.locks import OrderNotFound, PaymentNotFound
from payments_service.payments.operations.refunds import (
    NotCaptured,
    PaymentChanged,
    RefundTooLarge,
    RefundUnderWay,
    request_refund,
)
from payments_service.payments.operations.replicas import (
    end_lost_order,
    end_orders,
    upsert_order_replicas,
)
from payments_service.payments.operations.searches import FIND_LOST_INTENTS, begin_searches, end_search

__all__ = [
    "FIND_LOST_INTENTS",
    "SETTLE_PAYMENT",
    "BuyerSuspended",
    "Lease",
    "NotCaptured",
    "NotYourOrder",
    "NothingToSettle",
    "OrderAlreadyPaid",
    "OrderCancelled",
    "OrderExpired",
    "OrderNotFound",
    "PaymentChanged",
    "PaymentInProgress",
    "PaymentNotFound",
    "RefundTooLarge",
    "RefundUnderWay",
    "SyncResult",
    "add_intent",
    "begin_searches",
    "end_attempt",
    "end_leases_without_holder",
    "end_lost_order",
    "end_orders",
    "end_search",
    "lease_payment",
    "purge_stripe_events",
    "receive_webhook",
    "record_sync",
    "release_payment",
    "request_refund",
    "settle_due_payments",
    "settle_now",
    "start_payment",
    "upsert_order_replicas",
]
