"""The ledger: what happened to the money, entry by entry."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from payments_service.payments.models.intents import Intent, IntentState
from payments_service.payments.models.payments import Payment


class Movement(models.TextChoices):
    """What happens to money, in the order in which it can."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"


#: What each movement does to (held, taken), in amounts of the payment.
EFFECTS: dict[Movement, tuple[int, int]] = {
    Movement.AUTHORIZED: (1, 0),
    Movement.CAPTURED: (-1, 1),
    Movement.VOIDED: (-1, 0),
    Movement.REFUNDED: (0, -1),
}

_HISTORY: dict[IntentState, tuple[Movement, ...]] = {
    IntentState.AUTHORIZED: (Movement.AUTHORIZED,),
    IntentState.CAPTURED: (Movement.AUTHORIZED, Movement.CAPTURED),
    IntentState.REFUNDED: (Movement.AUTHORIZED, Movement.CAPTURED),
}


def movements_due(state: IntentState, written: set[str]) -> list[Movement]:
    """Return the movements that the ledger lacks, given an intent's state and the movements written.

    Refunds aren't among them: what counts is how much has gone back (`record_movements`).
    States that an intent passed between two syncs are included. An intent that was cancelled, and never seen
    authorised, has moved nothing.
    """
    history = _HISTORY.get(state, ())
    if state is IntentState.CANCELED and written == {Movement.AUTHORIZED}:
        history = (Movement.VOIDED,)
    return [movement for movement in history if movement not in written]


class LedgerEntry(models.Model):
    """One movement of a payment's money, written once and never changed: a trigger refuses changes.

    Amounts are signed: over any set of payments the sum of `held` is what is authorised and not captured, the
    sum of `taken` what is captured and not refunded.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    movement = models.CharField(max_length=16, choices=Movement)
    held = models.DecimalField(max_digits=12, decimal_places=2)
    taken = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "ledger"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["payment", "movement"],
                condition=~Q(movement="refunded"),
                name="one_entry_per_movement",
            ),
            models.CheckConstraint(
                condition=Q(movement="authorized", held__gt=0, taken=0)
                | Q(movement="captured", taken__gt=0, held=-F("taken"))
                | Q(movement="voided", held__lt=0, taken=0)
                | Q(movement="refunded", held=0, taken__lt=0),
                name="entry_fits_its_movement",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["recorded_at"], name="ledger_by_time")]

    def __str__(self) -> str:
        return f"{self.movement} {self.payment_id}"


def record_movements(payment: Payment, intent: Intent) -> None:
    """Write what the ledger lacks, given the payment's intent. The payment must be locked.

    A refund has an entry for each part: what has gone back at the provider and isn't written yet. One that
    came back is made again, so it stays written.
    """
    written = list(payment.entries.values_list("movement", "taken"))
    due = movements_due(intent.state, {movement for movement, _ in written})
    entries = [entry_of(payment, movement) for movement in due]
    refunded = -sum(taken for movement, taken in written if movement == Movement.REFUNDED)
    if intent.refunded > refunded:
        entries.append(entry_of(payment, Movement.REFUNDED, intent.refunded - refunded))
    LedgerEntry.objects.bulk_create(entries)


def entry_of(payment: Payment, movement: Movement, amount: Decimal | None = None) -> LedgerEntry:
    """Return the unsaved entry of a movement, of the payment's whole amount where none is given."""
    held, taken = (sign * (amount or payment.amount) for sign in EFFECTS[movement])
    return LedgerEntry(payment=payment, movement=movement, held=held, taken=taken, currency=payment.currency)
