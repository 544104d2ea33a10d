"""What was revoked."""

from typing import ClassVar

from django.db import models


class Revocation(models.Model):
    """Tokens that no longer count. `subject` is the id of a user or of a session, which are never equal.

    Of a session no token counts any more; of a user none that was issued before `not_before`, and while
    `suspended` none at all. `version` is the user's that said so; a session, which ends once, has none.
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
