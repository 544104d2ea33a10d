"""Fixtures: a replicated blog."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.utils import timezone

from examples.blog.contracts.comment import CommentApproved, CommentRejected, CommentState, CommentWritten
from examples.blog.contracts.post import PostWritten
from shared_events.ids import uuid7
from shared_events.testing import deliver

_EVENTS: dict[str, type[CommentState]] = {
    "pending": CommentWritten,
    "approved": CommentApproved,
    "rejected": CommentRejected,
}


@pytest.fixture
def receive_post(db: None) -> Callable[..., UUID]:
    def receive_post(title: str = "Hello", *, id: UUID | None = None) -> UUID:
        written = PostWritten(title=title, body="Some words.", created_at=timezone.now())
        return deliver(written, aggregate_id=id or uuid7()).aggregate_id

    return receive_post


@pytest.fixture
def receive_comment(db: None) -> Callable[..., UUID]:
    def receive_comment(post_id: UUID, text: str, status: str = "pending", *, id: UUID | None = None) -> UUID:
        event = _EVENTS[status](
            post_id=post_id,
            text=text,
            status=status,  # type: ignore[arg-type]
            created_at=timezone.now(),
        )
        return deliver(event, aggregate_id=id or uuid7()).aggregate_id

    return receive_comment
