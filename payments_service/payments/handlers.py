"""What payments does about what the others tell: this module is its table of contents."""

from contracts.order import (
    OrderAwaitingPayment,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderExtended,
    OrderReopened,
    OrderState,
)
from contracts.user import (
    UserReinstated,
    UserSessionEnded,
    UserSessionsEnded,
    UserSignedUp,
    UserState,
    UserSuspended,
)
from payments_service.payments import operations
from service_defaults.clock import database_now
from service_defaults.revocation import operations as revocation
from shared_events.context import Context
from shared_events.envelope import Envelope
from shared_events.subscriptions import handles


@handles(OrderCreated, batch=True)
@handles(OrderExtended, batch=True)
@handles(OrderAwaitingPayment, batch=True)
@handles(OrderReopened, batch=True)
def keep_orders(events: list[Envelope[OrderState]]) -> None:
    """Copy what is to be paid, by whom and until when."""
    operations.keep_orders(_news(event) for event in events)


@handles(OrderCompleted, batch=True)
@handles(OrderCancelled, batch=True)
def end_orders(events: list[Envelope[OrderState]]) -> None:
    """Copy the orders' ends, and have their payments follow."""
    operations.end_orders([_news(event) for event in events], now=database_now())


@handles(UserSignedUp)
@handles(UserSuspended)
@handles(UserReinstated)
def keep_user(event: Envelope[UserState]) -> None:
    """Copy the user's standing."""
    operations.keep_user(user_id=event.aggregate_id, status=event.data.status, position=event.position)


@handles(UserSuspended)
@handles(UserReinstated)
@handles(UserSessionsEnded)
def keep_standing(event: Envelope[UserState]) -> None:
    """Refuse the user's older tokens, and while the account is suspended all of them."""
    revocation.keep_standing(
        user_id=event.aggregate_id,
        suspended=event.data.status == "suspended",
        not_before=event.data.not_before or event.occurred_at,
    )


@handles(UserSessionEnded)
def end_session(event: Envelope[UserSessionEnded]) -> None:
    """Refuse the session's tokens."""
    revocation.end_session(session_id=event.data.session_id, ended_at=event.occurred_at)


def _news(event: Envelope[OrderState]) -> operations.OrderNews:
    return operations.OrderNews(
        order_id=event.aggregate_id, state=event.data, position=event.position, cause=Context.of(event)
    )
