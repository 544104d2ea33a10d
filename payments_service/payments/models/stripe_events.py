"""What Stripe has told us by webhook."""

from django.db import models
from django.utils import timezone


class StripeEvent(models.Model):
    """One event, once: Stripe repeats them, in any order. It is only a reason to ask for the state."""

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=100)
    intent_id = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
