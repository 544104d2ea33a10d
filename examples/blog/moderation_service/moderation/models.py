"""Verdicts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Verdict(models.Model):
    """The forbidden words in a comment, which is approved when there are none. The id is the comment's."""

    id = models.UUIDField(primary_key=True)
    forbidden_words = ArrayField(models.CharField(max_length=100))

    def __str__(self) -> str:
        return "rejected" if self.forbidden_words else "approved"
