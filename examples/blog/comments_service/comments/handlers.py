"""What comments does about what the others tell."""

from examples.blog.comments_service.comments import operations
from examples.blog.contracts.moderation import ModerationApproved, ModerationRejected, ModerationState
from examples.blog.contracts.post import PostState, PostWritten
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles


@handles(PostWritten)
def keep_post(event: Envelope[PostState]) -> None:
    """Remember the post, so that it can be commented on."""
    operations.keep_post(post_id=event.aggregate_id)


@handles(ModerationApproved)
def approve_comment(event: Envelope[ModerationState]) -> None:
    """Let everybody see it."""
    operations.judge_comment(comment_id=event.aggregate_id, approved=True)


@handles(ModerationRejected)
def reject_comment(event: Envelope[ModerationState]) -> None:
    """Keep it to ourselves."""
    operations.judge_comment(comment_id=event.aggregate_id, approved=False)
