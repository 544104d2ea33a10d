"""The writes."""

from datetime import datetime
from uuid import UUID

from examples.blog.comments_service.comments.models import Comment, PostReplica
from examples.blog.contracts.comment import CommentApproved, CommentRejected, CommentState, CommentWritten
from service_defaults.errors import NotFound
from shared_events.outbox import log


class PostNotFound(NotFound):
    """Post not found."""


def write_comment(*, post_id: UUID, text: str, now: datetime) -> Comment:
    """Comment on a post. Raises PostNotFound."""
    if not PostReplica.objects.filter(id=post_id).exists():
        raise PostNotFound
    comment = Comment.objects.create(post_id=post_id, text=text, created_at=now)
    _record(CommentWritten, comment)
    return comment


def judge_comment(*, comment_id: UUID, approved: bool) -> None:
    """Apply moderation's verdict, once."""
    comment = Comment.objects.select_for_update().get(id=comment_id)
    if comment.status != "pending":
        return
    comment.status = "approved" if approved else "rejected"
    comment.version += 1
    comment.save()
    _record(CommentApproved if approved else CommentRejected, comment)


def keep_post(*, post_id: UUID) -> None:
    """Store a post's replica."""
    PostReplica.objects.get_or_create(id=post_id)


def _record(event: type[CommentState], comment: Comment) -> None:
    state = event(
        post_id=comment.post_id,
        text=comment.text,
        status=comment.status,  # type: ignore[arg-type]
        created_at=comment.created_at,
    )
    log.record(state, aggregate_id=comment.id, version=comment.version)
