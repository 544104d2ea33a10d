from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from examples.blog.comments_service.comments import operations
from examples.blog.comments_service.comments.models import Comment
from examples.blog.contracts.comment import CommentApproved, CommentRejected, CommentState
from examples.blog.contracts.moderation import ModerationApproved, ModerationRejected, ModerationState
from shared_events.testing import deliver, nothing_recorded, recorded_events


class TestAVerdict:
    @pytest.mark.parametrize(
        ("verdict", "status", "event_type"),
        [
            (ModerationApproved(forbidden_words=[]), "approved", CommentApproved),
            (ModerationRejected(forbidden_words=["spam"]), "rejected", CommentRejected),
        ],
    )
    @pytest.mark.django_db(transaction=True)
    def test_sets_the_status_and_is_recorded(
        self, post_id: UUID, verdict: ModerationState, status: str, event_type: type[CommentState]
    ) -> None:
        comment = _comment(post_id)
        deliver(verdict, aggregate_id=comment.id)
        comment.refresh_from_db()
        assert (comment.status, comment.version) == (status, 2)
        event = recorded_events()[-1]
        assert isinstance(event, event_type)
        assert (event.status, event.text, event.post_id) == (status, comment.text, post_id)

    @pytest.mark.django_db(transaction=True)
    def test_that_comes_again_changes_nothing(self, post_id: UUID) -> None:
        comment = _comment(post_id)
        verdict = ModerationApproved(forbidden_words=[])
        deliver(verdict, aggregate_id=comment.id)
        with nothing_recorded():
            deliver(verdict, aggregate_id=comment.id)
        comment.refresh_from_db()
        assert (comment.status, comment.version) == ("approved", 2)


def _comment(post_id: UUID) -> Comment:
    with transaction.atomic():
        return operations.write_comment(post_id=post_id, text="Hi", now=timezone.now())
