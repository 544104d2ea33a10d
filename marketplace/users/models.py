"""What is stored of a user."""

from django.db import models


class UserReplica(models.Model):
    """Whether a user may trade, as auth last published it. A user of whom nothing is published is active.

    `version` is that of the last event applied, which is the user's own.
    """

    id = models.UUIDField(primary_key=True)
    status = models.CharField(max_length=16)
    version = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "user replicas"

    def __str__(self) -> str:
        return str(self.id)
