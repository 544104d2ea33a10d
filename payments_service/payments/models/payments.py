"""A payment: one attempt to pay an order, and the rules by which it moves."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contracts.payment import PaymentState
from payments_service.payments.models.intents import Failure, Goal, Intent, IntentState, ProviderCall
from payments_service.payments.models.replicas import OrderReplica
from service_defaults.idempotency.models import IdempotencyRecord
from shared_events.envelope import Envelope
from shared_events.ids import uuid7


class Status(models.TextChoices):
    """Where a payment stands for those who watch it."""

    STARTED = "started"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"
    CAPTURE_FAILED = "capture_failed"


#: Nothing is reserved or taken yet.
OPEN = (Status.STARTED, Status.REQUIRES_ACTION)
#: The buyer's part is done.
PAID = (Status.AUTHORIZED, Status.CAPTURED)
#: It may hold the buyer's money now or later. An order has one of these at most.
LIVE = (*OPEN, *PAID)

#: How long one sync to Stripe and back may take before another may begin; only a hanging Stripe takes longer.
#: A sync that was overtaken writes nothing, and its steps carry keys. One that died delays the buyer.
LEASE = timedelta(seconds=30)
#: How soon, and how seldom, Stripe is asked about a payment that waits for somebody else.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)


class Payment(models.Model):
    """One attempt to pay an order. Its intent at Stripe belongs to it alone.

    `status` is for those who watch; the work is over only when `due_at` is empty. Until then somebody fetches
    Stripe's state at `due_at` at the latest and takes the next step. `lease` counts the syncs to Stripe: only
    the latest may write what it found.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(OrderReplica, on_delete=models.PROTECT, related_name="payments")
    buyer = models.UUIDField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=16, choices=Status, default=Status.STARTED)
    #: Why it ended as it did: a code, and the same for people.
    reason_code = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    #: Whether the buyer's browser confirms it (Stripe Elements) and may try several cards.
    in_browser = models.BooleanField(default=False)
    intent_id = models.CharField(max_length=255, null=True, unique=True)
    #: Whether it may have an intent that we don't know since the database was restored: Stripe knows.
    intent_lost = models.BooleanField(default=False, db_default=False)
    #: What lets the buyer's browser act on the intent; kept only while it may have to.
    client_secret = models.CharField(max_length=255, blank=True)
    #: Where the buyer answers the bank's challenge without a script; kept as long as `client_secret`.
    next_action_url = models.TextField(blank=True, default="", db_default="")
    failure_code = models.CharField(max_length=100, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)
    #: How often Stripe has plainly refused a step. It does so again under the same key, so keys contain it.
    refusals = models.PositiveIntegerField(default=0)
    refund_reason = models.CharField(max_length=200, blank=True)
    refund_asked_at = models.DateTimeField(null=True)
    #: When it last got a new status or a new goal.
    last_progress_at = models.DateTimeField(db_default=Now())
    #: The answer to the request that made it, where that came with an idempotency key.
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
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.status})"

    @property
    def failure(self) -> Failure | None:
        """Why the last card or step was refused."""
        return Failure(code=self.failure_code, message=self.failure_message) if self.failure_message else None

    def rebuild(self, event: Envelope[PaymentState]) -> None:
        """Become what an event of its own says that it is. What Stripe knows of it is asked for at once."""
        state = event.data
        self.version, self.status = event.version, Status(state.status)
        self.order_id, self.buyer = state.order_id, state.user_id
        self.amount, self.currency = state.amount, state.currency
        self.in_browser, self.created_at = state.in_browser, state.created_at
        self.reason_code = getattr(state, "reason_code", "")
        self.reason = getattr(state, "reason", "")
        if self.status == Status.REFUNDED and self.reason_code == "requested":
            self.refund_reason, self.refund_asked_at = self.reason, event.occurred_at
        self.intent_lost = self.intent_id is None
        self.last_progress_at = self.due_at = event.occurred_at
        self.leased_until = None

    def attempt_key(self, step: str) -> str:
        """Return the idempotency key of a step: the same until Stripe has given its answer."""
        return f"{self.id}:{step}:{self.refusals}"

    def is_leased(self, now: datetime) -> bool:
        """Whether somebody is on the way to Stripe and back."""
        return self.leased_until is not None and self.leased_until > now

    def take_lease(self, now: datetime) -> None:
        """Begin a sync to Stripe; if nobody comes back, the payment is due when the lease ends."""
        self.lease += 1
        self.due_at = self.leased_until = now + LEASE

    def end_lease(self, due_at: datetime | None) -> None:
        """End the sync. News that came in meanwhile (it pulls `due_at` forward) keeps the payment due."""
        news = self.due_at is not None and self.leased_until is not None and self.due_at < self.leased_until
        self.due_at = self.due_at if news else due_at
        self.leased_until = None

    def wait(self, now: datetime) -> datetime:
        """Return when to ask Stripe again: the less often, the longer the payment hasn't moved."""
        return now + min(max((now - self.last_progress_at) / 4, SHORTEST_WAIT), LONGEST_WAIT)

    def is_under_way(self, since: datetime) -> bool:
        """Whether something is left to do, and something happened after `since`: patience is in place."""
        return self.due_at is not None and self.last_progress_at > since

    @property
    def is_answered(self) -> bool:
        """Whether the request that made it got, or would have got, what it asked for."""
        return self.intent_id is not None if self.in_browser else self.status != Status.STARTED

    @property
    def next_actor(self) -> str:
        """Whose turn it is, for operators; empty when nothing is left to do."""
        if self.due_at is None:
            return ""
        if self.intent_lost:
            return "Stripe, to find its intent"
        if self.intent_id is None:
            return "its request, which has no intent yet"
        return f"{self._next_actor}: {self.failure_message}" if self.refusals else self._next_actor

    @property
    def _next_actor(self) -> str:
        match self.goal(self.order):
            case Goal.CAPTURE:
                return "Stripe, to capture it"
            case Goal.RELEASE:
                return "Stripe, to refund it" if self.has_been_taken else "Stripe, to cancel it"
        if self.status == Status.AUTHORIZED:
            return "orders, to complete or cancel the order"
        wants_buyer = self.in_browser or self.status == Status.REQUIRES_ACTION
        return "the buyer" if wants_buyer else "Stripe, to authorise it"

    @property
    def has_been_taken(self) -> bool:
        """Whether the money was ours, and may still be."""
        return self.status in (Status.CAPTURED, Status.REFUNDED)

    def goal(self, order: OrderReplica) -> Goal:
        """Return what should become of this payment."""
        failed = (Status.DECLINED, Status.CAPTURE_FAILED, Status.REFUNDED)
        if self.refund_asked_at or self.status in failed:
            return Goal.RELEASE
        if order.is_paid_by(self.id):
            return Goal.CAPTURE
        return Goal.AUTHORIZE if order.is_open else Goal.RELEASE

    def next_call(self, order: OrderReplica, intent: Intent) -> ProviderCall | None:
        """Return what to ask of Stripe now, None when there is nothing to do or somebody else's turn."""
        goal = self.goal(order)
        if goal is Goal.RELEASE:
            if intent.state.is_open or intent.state is IntentState.AUTHORIZED:
                return ProviderCall.CANCEL
            return ProviderCall.REFUND if intent.state is IntentState.CAPTURED else None
        if goal is Goal.CAPTURE:
            return ProviderCall.CAPTURE if intent.state is IntentState.AUTHORIZED else None
        confirm = intent.state is IntentState.UNCONFIRMED and not self.in_browser
        return ProviderCall.CONFIRM if confirm else None

    def is_settled(self, order: OrderReplica, intent: Intent) -> bool:
        """Whether the goal is reached and the intent can't move any more by itself."""
        if intent.state is IntentState.CAPTURED:
            return self.goal(order) is Goal.CAPTURE
        return intent.state in (IntentState.CANCELED, IntentState.REFUNDED)

    def refund_came_back(self, intent: Intent) -> bool:
        """Whether money that was given back is here again: its bank refused it, and it is still owed."""
        return self.status == Status.REFUNDED and intent.state is IntentState.CAPTURED

    def status_after(
        self, order: OrderReplica, intent: Intent, refused: ProviderCall | None = None
    ) -> Status | None:
        """Return the status that follows from what Stripe says, None when nothing does.

        Only forward: a state that comes late, or doesn't fit, changes nothing. `refused` is the step that
        Stripe has just plainly refused, leaving the intent where it was.
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
            return None  # the buyer's page shows the failure or the challenge, and may go on with this intent
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
                # Others may have heard that it was authorised and count on it; only an ended order does not.
                return Status.VOIDED if goal is Goal.RELEASE else Status.CAPTURE_FAILED
            case IntentState.AUTHORIZED if refused is ProviderCall.CAPTURE:
                return Status.CAPTURE_FAILED
        return None
