"""The reads."""

from uuid import UUID

from examples.blog.comments_service.comments.models import PostReplica


def find_post(post_id: UUID) -> PostReplica | None:
    """Return our copy of a post, None while there is none."""
    return PostReplica.objects.filter(id=post_id).first()
