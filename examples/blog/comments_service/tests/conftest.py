"""Fixtures of the comments tests."""

from uuid import UUID

import pytest
from django.utils import timezone

from examples.blog.contracts.post import PostWritten
from shared_events.ids import uuid7
from shared_events.testing import deliver


@pytest.fixture
def post_id(db: None) -> UUID:
    """A post whose event comments has applied."""
    written = PostWritten(title="Hello", body="", created_at=timezone.now())
    return deliver(written, aggregate_id=uuid7()).aggregate_id
