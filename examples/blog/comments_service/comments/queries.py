"""The reads."""

from uuid import UUID

from examples.blog.comments_service.comments.models import PostCopy


def find_post(post_id: UUID) -> PostCopy | None:
    """Return our copy of a post, None while there is none."""
    return PostCopy.objects.filter(id=post_id).first()
