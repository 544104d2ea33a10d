"""The table of revocations."""

from typing import ClassVar

from django.db import models


class Revocation(models.Model):
    """Revoked tokens. `subject` is the id of a user or of a session, which are never equal.

    Of a session every token is revoked; of a user those issued before `not_before`, or all if `suspended`.
    `version` is the version of the user that the event had; None for a session, which ends once.
    """

    subject = models.UUIDField(primary_key=True)
    not_before = models.DateTimeField()
    suspended = models.BooleanField(default=False)
    version = models.PositiveIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["not_before"], condition=models.Q(version=None), name="revocations_to_forget"
            )
        ]

    def __str__(self) -> str:
        return str(self.subject)
