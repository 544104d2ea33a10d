"""A payment: one attempt to pay an order, and the rules of its status."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from payments_service.payments.models.intents import Failure, Goal, Intent, IntentState, ProviderCall
from payments_service.payments.models.replicas import OrderReplica
from service_defaults.idempotency.models import IdempotencyRecord
from shared_events.ids import uuid7


class Status(models.TextChoices):
    """A payment's status, as others see it."""

    STARTED = "started"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"
    CAPTURE_FAILED = "capture_failed"


#: Nothing is authorised yet.
OPEN = (Status.STARTED, Status.REQUIRES_ACTION)
#: The buyer has nothing left to do.
PAID = (Status.AUTHORIZED, Status.CAPTURED)
#: It has the buyer's money, or may get it. An order has one of these at most.
LIVE = (*OPEN, *PAID)

#: How long one sync with the provider may last before another may begin. One that lasts longer writes
#: nothing, and its calls carry keys. One whose process died isn't waited for: see Note [A lease's lock].
LEASE = timedelta(seconds=30)
#: The time between two syncs of a payment that waits for the buyer or the bank, at least and at most.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)


class Payment(models.Model):
    """One attempt to pay an order, with an intent of its own at the provider.

    It is settled when `due_at` is empty. Until then it is synced at `due_at` at the latest: its intent is
    fetched, and the next call made. `lease` counts the syncs: only the latest one may write its result.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(OrderReplica, on_delete=models.PROTECT, related_name="payments")
    buyer = models.UUIDField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=16, choices=Status, default=Status.STARTED)
    #: Why it ended: a code for programs, and words for people.
    reason_code = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    #: Whether the buyer's browser confirms it (Stripe Elements) and may try several cards.
    in_browser = models.BooleanField(default=False)
    intent_id = models.CharField(max_length=255, null=True, unique=True)
    #: The last four digits of its card's number, by which a buyer's bank statement names it.
    card_last4 = models.CharField(max_length=4, blank=True, default="", db_default="")
    #: Whether it may have an intent whose id was lost when the database was restored; it is searched for.
    intent_lost = models.BooleanField(default=False, db_default=False)
    #: By which the buyer's browser acts on the intent; empty once it has nothing to do.
    client_secret = models.CharField(max_length=255, blank=True)
    #: The page on which the buyer answers the bank's challenge; empty like `client_secret`.
    next_action_url = models.TextField(blank=True, default="", db_default="")
    failure_code = models.CharField(max_length=100, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)
    #: How often the provider refused a call. It would refuse the same key again, so keys contain this number.
    refusals = models.PositiveIntegerField(default=0)
    #: How much has gone back, and how much should have by the parts that staff requested: see `refunds`.
    refunded = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0)
    refund_goal = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0)
    #: Why the latest refund was requested, and when the whole was; empty where only parts were.
    refund_reason = models.CharField(max_length=200, blank=True)
    refund_asked_at = models.DateTimeField(null=True)
    #: When its status or its goal last changed.
    last_progress_at = models.DateTimeField(db_default=Now())
    #: The idempotency key of the request that made it, if it had one.
    claim = models.OneToOneField(
        IdempotencyRecord, on_delete=models.SET_NULL, null=True, editable=False, related_name="payment"
    )
    due_at = models.DateTimeField(null=True)
    lease = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=["started", "requires_action", "authorized", "captured"]),
                name="one_live_payment_per_order",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount"), refund_goal__lt=F("amount")),
                name="refunds_within_the_amount",
            ),
            models.CheckConstraint(
                condition=Q(intent_id__isnull=False)
                | Q(intent_lost=True)
                | Q(status__in=["started", "declined", "voided"]),
                name="money_moves_by_an_intent",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=False)
                | ~Q(status__in=["started", "requires_action", "authorized"]),
                name="unfinished_is_due",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="payments_by_due_time"),
            models.Index(fields=["order", "-id"], name="payments_of_an_order"),
            models.Index(fields=["buyer", "-id"], name="payments_of_a_buyer"),
            models.Index(
                fields=["card_last4", "-id"], condition=~Q(card_last4=""), name="payments_of_a_card"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.status})"

    @property
    def failure(self) -> Failure | None:
        """Why the last card or step was refused."""
        return Failure(code=self.failure_code, message=self.failure_message) if self.failure_message else None

    def set_failure(self, failure: Failure | None) -> None:
        """Store a failure; None leaves the last one."""
        if failure is not None:
            self.failure_code, self.failure_message = failure.code[:100], failure.message[:500]

    def set_intent(self, intent: Intent) -> None:
        """Store which intent it has."""
        self.intent_id, self.client_secret = intent.id, intent.client_secret
        self.set_card(intent)

    def set_card(self, intent: Intent) -> None:
        """Store the last four digits of the intent's card; an intent that names none leaves them."""
        self.card_last4 = intent.card_last4[:4] or self.card_last4

    def attempt_key(self, call: str) -> str:
        """Return the idempotency key of a call of the provider: the same until a call is refused."""
        return f"{self.id}:{call}:{self.refusals}"

    def is_leased(self, now: datetime) -> bool:
        """Whether a sync has the lease."""
        return self.leased_until is not None and self.leased_until > now

    def begin_lease(self, now: datetime) -> None:
        """Begin a sync; if it never ends, the payment is due when the lease runs out."""
        self.lease += 1
        self.due_at = self.leased_until = now + LEASE

    def end_lease(self, due_at: datetime | None) -> None:
        """End the sync, unless something made the payment due meanwhile: then it stays due."""
        was_due = (
            self.due_at is not None and self.leased_until is not None and self.due_at < self.leased_until
        )
        self.due_at = self.due_at if was_due else due_at
        self.leased_until = None

    def wait(self, now: datetime) -> datetime:
        """Return when to sync next: the later, the longer the payment has made no progress."""
        return now + min(max((now - self.last_progress_at) / 4, SHORTEST_WAIT), LONGEST_WAIT)

    def is_under_way(self, since: datetime) -> bool:
        """Whether it is unsettled, and has made progress after `since`."""
        return self.due_at is not None and self.last_progress_at > since

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer to the request that made it."""
        return self.intent_id is not None if self.in_browser else self.status != Status.STARTED

    @property
    def next_actor(self) -> str:
        """Who has to act next, for operators; empty when it is settled."""
        if self.due_at is None:
            return ""
        if self.intent_lost:
            return "the provider, to find its intent"
        if self.intent_id is None:
            return "its request, which has no intent yet"
        return f"{self._next_actor}: {self.failure_message}" if self.refusals else self._next_actor

    @property
    def _next_actor(self) -> str:
        match self.goal(self.order):
            case Goal.CAPTURE:
                return "the provider, to capture it"
            case Goal.RELEASE:
                return "the provider, to refund it" if self.was_captured else "the provider, to cancel it"
        if self.status == Status.AUTHORIZED:
            return "orders, to complete or cancel the order"
        wants_buyer = self.in_browser or self.status == Status.REQUIRES_ACTION
        return "the buyer" if wants_buyer else "the provider, to authorise it"

    @property
    def was_captured(self) -> bool:
        """Whether it was captured."""
        return self.status in (Status.CAPTURED, Status.REFUNDED)

    def goal(self, order: OrderReplica) -> Goal:
        """Return what this payment is to become."""
        failed = (Status.DECLINED, Status.CAPTURE_FAILED, Status.REFUNDED)
        if self.refund_asked_at or self.status in failed:
            return Goal.RELEASE
        if order.is_paid_by(self.id):
            return Goal.CAPTURE
        return Goal.AUTHORIZE if order.is_open else Goal.RELEASE

    def next_call(self, order: OrderReplica, intent: Intent) -> ProviderCall | None:
        """Return the call to make now, None when there is nothing to do or another party must act."""
        goal = self.goal(order)
        if goal is Goal.RELEASE:
            if intent.state.is_open or intent.state is IntentState.AUTHORIZED:
                return ProviderCall.CANCEL
            return ProviderCall.REFUND if intent.state is IntentState.CAPTURED else None
        if goal is Goal.CAPTURE:
            if self.part_to_refund(intent):
                return ProviderCall.REFUND_PART
            return ProviderCall.CAPTURE if intent.state is IntentState.AUTHORIZED else None
        confirm = intent.state is IntentState.UNCONFIRMED and not self.in_browser
        return ProviderCall.CONFIRM if confirm else None

    def is_settled(self, order: OrderReplica, intent: Intent) -> bool:
        """Whether the goal is reached and the intent's state is final."""
        if intent.state is IntentState.CAPTURED:
            return self.goal(order) is Goal.CAPTURE and not self.part_to_refund(intent)
        return intent.state in (IntentState.CANCELED, IntentState.REFUNDED)

    def refund_came_back(self, intent: Intent) -> bool:
        """Whether the buyer's bank returned a refund: it must be made again."""
        return intent.state is IntentState.CAPTURED and intent.refunded < self.refunded

    def part_to_refund(self, intent: Intent) -> Decimal:
        """Return how much has still to go back of an intent's money while its sale stands, often 0."""
        is_captured = intent.state is IntentState.CAPTURED
        return max(self.refund_goal - intent.refunded, Decimal(0)) if is_captured else Decimal(0)

    @property
    def net_amount(self) -> Decimal:
        """What a captured payment has brought, without what went back."""
        return self.amount - self.refunded

    def status_after(
        self, order: OrderReplica, intent: Intent, refused: ProviderCall | None = None
    ) -> Status | None:
        """Return the next status by the intent's state, None when the present one stays.

        A status never goes back: a state that comes late, or doesn't fit, changes nothing. `refused` is the
        call that the provider has just refused, which left the intent's state as it was.
        """
        if self.status in OPEN:
            return self._after_open(intent, refused)
        if self.status == Status.AUTHORIZED:
            return self._after_authorized(self.goal(order), intent, refused)
        if self.status == Status.CAPTURED and intent.state is IntentState.REFUNDED:
            return Status.REFUNDED
        return None

    def _after_open(self, intent: Intent, refused: ProviderCall | None) -> Status | None:
        match intent.state:
            case IntentState.AUTHORIZED | IntentState.CAPTURED | IntentState.REFUNDED:
                return Status.AUTHORIZED
            case IntentState.CANCELED:
                return Status.VOIDED
        if self.in_browser:
            return (
                None  # the buyer's page shows the failure or the challenge, and may confirm this intent again
            )
        refused_to_try = intent.state is IntentState.UNCONFIRMED and refused is ProviderCall.CONFIRM
        if intent.state is IntentState.UNPAID or refused_to_try:
            return Status.DECLINED
        challenged = intent.state is IntentState.CHALLENGED and self.status == Status.STARTED
        return Status.REQUIRES_ACTION if challenged else None

    def _after_authorized(self, goal: Goal, intent: Intent, refused: ProviderCall | None) -> Status | None:
        match intent.state:
            case IntentState.REFUNDED:
                return Status.REFUNDED
            case IntentState.CAPTURED if goal is not Goal.AUTHORIZE:
                return Status.CAPTURED
            case IntentState.CANCELED:
                # Others may rely on `payment.authorized`, unless the order has ended.
                return Status.VOIDED if goal is Goal.RELEASE else Status.CAPTURE_FAILED
            case IntentState.AUTHORIZED if refused is ProviderCall.CAPTURE:
                return Status.CAPTURE_FAILED
        return None
