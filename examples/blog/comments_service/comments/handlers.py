"""Handlers of other services' events."""

from examples.blog.comments_service.comments import operations
from examples.blog.contracts.moderation import ModerationApproved, ModerationRejected, ModerationState
from examples.blog.contracts.post import PostState, PostWritten
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles


@handles(PostWritten)
def keep_post(event: Envelope[PostState]) -> None:
    """Store the post's replica, so that it can be commented on."""
    operations.keep_post(post_id=event.aggregate_id)


@handles(ModerationApproved)
def approve_comment(event: Envelope[ModerationState]) -> None:
    """Approve the comment."""
    operations.judge_comment(comment_id=event.aggregate_id, approved=True)


@handles(ModerationRejected)
def reject_comment(event: Envelope[ModerationState]) -> None:
    """Reject the comment."""
    operations.judge_comment(comment_id=event.aggregate_id, approved=False)
