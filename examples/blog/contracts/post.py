"""The `post` stream, published by posts."""

from datetime import datetime

from shared_events.contracts import Event, contract


class PostState(Event, frozen=True, kw_only=True):
    """A post. The aggregate's id is the post's id."""

    title: str
    body: str
    created_at: datetime


@contract
class PostWritten(PostState, frozen=True):
    """Recorded by posts when a post is written."""
