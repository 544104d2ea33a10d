"""What the audit saw: every event in the order in which it took effect, and where each aggregate stands."""

from django.db import models


class Seen(models.Model):
    """An event that took effect. Nothing keeps one from being here twice: that is what is looked for."""

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    position = models.BigIntegerField()
    event_id = models.UUIDField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.stream}:{self.position}"


class Replica(models.Model):
    """An aggregate of another service, as its last event left it."""

    id = models.UUIDField(primary_key=True)
    stream = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    type = models.CharField(max_length=128)
    data = models.JSONField()

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
