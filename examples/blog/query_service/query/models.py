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
    """A comment. It may become known here before its post does, so nothing enforces the reference."""

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
        """Return what readers may see: nothing, unless moderation has approved it."""
        return self.text if self.status == "approved" else ""
