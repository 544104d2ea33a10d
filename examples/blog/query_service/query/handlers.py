"""Handlers of other services' events."""

from examples.blog.contracts.comment import CommentApproved, CommentRejected, CommentState, CommentWritten
from examples.blog.contracts.post import PostState, PostWritten
from examples.blog.query_service.query import operations
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles


@handles(PostWritten)
def keep_post(event: Envelope[PostState]) -> None:
    """Store the post's replica."""
    operations.keep_post(post_id=event.aggregate_id, state=event.data)


@handles(CommentWritten)
@handles(CommentApproved)
@handles(CommentRejected)
def keep_comment(event: Envelope[CommentState]) -> None:
    """Update the comment's replica."""
    operations.keep_comment(comment_id=event.aggregate_id, state=event.data)
