"""Posts."""

from django.db import models

from shared_events.ids import uuid7


class Post(models.Model):
    """One post."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=200)
    body = models.TextField(max_length=10_000, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title
