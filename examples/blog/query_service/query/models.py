"""Posts with their comments, replicated from the events."""

from django.db import models


class Post(models.Model):
    """A post."""

    id = models.UUIDField(primary_key=True)
    title = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title


class Comment(models.Model):
    """A comment. It may arrive before its post, so there is no foreign key."""

    id = models.UUIDField(primary_key=True)
    post = models.ForeignKey(Post, models.DO_NOTHING, db_constraint=False, related_name="comments")
    text = models.CharField(max_length=1000)
    status = models.CharField(max_length=8)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text

    @property
    def public_text(self) -> str:
        """Return the text if moderation has approved it, else an empty string."""
        return self.text if self.status == "approved" else ""
