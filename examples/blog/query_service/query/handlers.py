"""What query does about what the others tell."""

from examples.blog.contracts.comment import CommentApproved, CommentRejected, CommentState, CommentWritten
from examples.blog.contracts.post import PostState, PostWritten
from examples.blog.query_service.query import operations
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles


@handles(PostWritten)
def keep_post(event: Envelope[PostState]) -> None:
    """Copy the post."""
    operations.keep_post(post_id=event.aggregate_id, state=event.data)


@handles(CommentWritten)
@handles(CommentApproved)
@handles(CommentRejected)
def keep_comment(event: Envelope[CommentState]) -> None:
    """Copy the comment as it is now."""
    operations.keep_comment(comment_id=event.aggregate_id, state=event.data)
