"""The table of counted uses."""

from typing import ClassVar

from django.db import models


class Usage(models.Model):
    """How often a subject did something since its window began.

    `subject` is a digest, so that the table holds no addresses. It is unlogged: see Note [Counts are cheap].
    """

    rate = models.CharField(max_length=40)
    subject = models.CharField(max_length=32)
    used = models.PositiveIntegerField(default=0)
    resets_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rate", "subject"], name="one_usage_per_subject")
        ]
        indexes: ClassVar = [models.Index(fields=["resets_at"], name="usages_to_forget")]

    def __str__(self) -> str:
        return f"{self.rate} {self.used}"
