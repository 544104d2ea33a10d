"""The `moderation` stream, published by moderation."""

from shared_events.contracts import Event, contract


class ModerationState(Event, frozen=True, kw_only=True):
    """A verdict on a comment. The aggregate's id is the comment's id."""

    forbidden_words: list[str]


@contract
class ModerationApproved(ModerationState, frozen=True):
    """Recorded by moderation when a comment holds no forbidden word."""


@contract
class ModerationRejected(ModerationState, frozen=True):
    """Recorded by moderation when a comment holds forbidden words; `forbidden_words` says which."""
