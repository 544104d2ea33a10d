"""The reads."""

from uuid import UUID

from django.db.models import QuerySet

from examples.blog.query_service.query.models import Comment, Post


def list_posts() -> QuerySet[Post]:
    """Return posts with their comments; the caller orders and limits them."""
    return Post.objects.prefetch_related("comments")


def is_known(id: UUID) -> bool:
    """Return whether a post or comment with this id has arrived here."""
    return any(kind.objects.filter(id=id).exists() for kind in (Post, Comment))
