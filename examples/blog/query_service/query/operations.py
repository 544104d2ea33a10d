"""The writes: copies of what the others own."""

from uuid import UUID

from examples.blog.contracts.comment import CommentState
from examples.blog.contracts.post import PostState
from examples.blog.query_service.query.models import Comment, Post


def keep_post(*, post_id: UUID, state: PostState) -> None:
    """Keep our copy of a post up to date."""
    values = {"title": state.title, "body": state.body, "created_at": state.created_at}
    Post.objects.update_or_create(id=post_id, defaults=values)


def keep_comment(*, comment_id: UUID, state: CommentState) -> None:
    """Keep our copy of a comment up to date."""
    values = {"text": state.text, "status": state.status, "created_at": state.created_at}
    Comment.objects.update_or_create(id=comment_id, defaults={"post_id": state.post_id, **values})
