"""The `comment` stream, published by comments."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared_events.contracts import Event, contract


class CommentState(Event, frozen=True, kw_only=True):
    """A comment. The aggregate's id is the comment's id."""

    post_id: UUID
    text: str
    status: Literal["pending", "approved", "rejected"]
    created_at: datetime


@contract
class CommentWritten(CommentState, frozen=True):
    """Recorded by comments when a user comments on a post; moderation is pending."""


@contract
class CommentApproved(CommentState, frozen=True):
    """Recorded by comments when moderation has approved the comment."""


@contract
class CommentRejected(CommentState, frozen=True):
    """Recorded by comments when moderation has rejected the comment."""
