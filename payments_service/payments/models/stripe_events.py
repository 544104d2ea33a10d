"""The provider's webhooks."""

from django.db import models
from django.utils import timezone


class StripeEvent(models.Model):
    """One webhook, stored once: providers repeat them, in any order. It makes the intent's payment due."""

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=100)
    intent_id = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
