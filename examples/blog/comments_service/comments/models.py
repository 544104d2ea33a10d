"""Comments, and replicas of posts."""

from django.db import models

from shared_events.ids import uuid7


class PostReplica(models.Model):
    """Replica of a post that may be commented on."""

    id = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.id)


class Comment(models.Model):
    """A comment: pending until moderation's verdict, then approved or rejected."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post_id = models.UUIDField()
    text = models.CharField(max_length=1000)
    status = models.CharField(max_length=8, default="pending")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text
