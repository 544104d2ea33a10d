"""Handlers of other services' events."""

from django.conf import settings

from examples.blog.contracts.comment import CommentState, CommentWritten
from examples.blog.moderation_service.moderation import operations
from shared_events.envelope import Envelope
from shared_events.inbox.subscriptions import handles


@handles(CommentWritten)
def moderate_comment(event: Envelope[CommentState]) -> None:
    """Moderate a new comment."""
    operations.moderate_comment(
        comment_id=event.aggregate_id,
        text=event.data.text,
        forbidden_words=settings.FORBIDDEN_WORDS,
    )
