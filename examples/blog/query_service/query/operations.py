"""The writes: replicas of posts and comments."""

from uuid import UUID

from examples.blog.contracts.comment import CommentState
from examples.blog.contracts.post import PostState
from examples.blog.query_service.query.models import Comment, Post


def keep_post(*, post_id: UUID, state: PostState) -> None:
    """Store a post's replica; posts never change."""
    Post(id=post_id, title=state.title, body=state.body, created_at=state.created_at).save()


def keep_comment(*, comment_id: UUID, state: CommentState) -> None:
    """Update a comment's replica; an older version changes nothing."""
    values = {"text": state.text, "status": state.status, "created_at": state.created_at}
    keep = Comment.objects.get_or_create if state.status == "pending" else Comment.objects.update_or_create
    keep(id=comment_id, defaults={"post_id": state.post_id, **values})
