"""The table of responses stored under their idempotency keys."""

from typing import ClassVar

from django.db import models


class IdempotencyRecord(models.Model):
    """The response that a user got on a route under a key; `fingerprint` is of the request's body."""

    user_id = models.UUIDField()
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    etag = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "route", "key"], name="idempotency_key_unique")
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="kept_answers_by_age")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"

    @property
    def is_in_flight(self) -> bool:
        """Whether the key is claimed and not completed."""
        return not self.status
