"""The writes."""

import re
from collections.abc import Sequence
from uuid import UUID

from examples.blog.contracts.moderation import ModerationApproved, ModerationRejected
from examples.blog.moderation_service.moderation.models import Verdict
from shared_events.outbox import log


def moderate_comment(*, comment_id: UUID, text: str, forbidden_words: Sequence[str]) -> None:
    """Search a comment for forbidden words, in any case; record the verdict once."""
    words = set(re.findall(r"\w+", text.casefold()))
    found = sorted(word for word in forbidden_words if word.casefold() in words)
    _, is_new = Verdict.objects.get_or_create(id=comment_id, defaults={"forbidden_words": found})
    if is_new:
        event = ModerationRejected if found else ModerationApproved
        log.record(event(forbidden_words=found), aggregate_id=comment_id, version=1)
