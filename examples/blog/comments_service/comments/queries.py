"""The reads."""

from uuid import UUID

from examples.blog.comments_service.comments.models import PostReplica


def find_post(post_id: UUID) -> PostReplica | None:
    """Return a post's replica, None where there is none."""
    return PostReplica.objects.filter(id=post_id).first()
