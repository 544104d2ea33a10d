import pytest
from django.utils import timezone

from examples.blog.contracts.comment import CommentWritten
from examples.blog.contracts.moderation import ModerationApproved, ModerationRejected
from examples.blog.moderation_service.moderation.models import Verdict
from shared_events.ids import uuid7
from shared_events.testing import deliver, nothing_recorded, recorded_events


def written(text: str) -> CommentWritten:
    return CommentWritten(post_id=uuid7(), text=text, status="pending", created_at=timezone.now())


@pytest.mark.django_db
class TestModerateComment:
    @pytest.mark.parametrize("text", ["Well said.", "Spammers, go home", "I like cassinos"])
    def test_approves_a_comment_without_a_forbidden_word(self, text: str) -> None:
        deliver(written(text), aggregate_id=uuid7())
        assert recorded_events() == [ModerationApproved(forbidden_words=[])]

    @pytest.mark.parametrize("text", ["Cheap spam!", "SPAM", "spam, more (Spam)"])
    def test_rejects_a_comment_with_one_in_any_case(self, text: str) -> None:
        deliver(written(text), aggregate_id=uuid7())
        assert recorded_events() == [ModerationRejected(forbidden_words=["spam"])]

    def test_stores_the_verdict_under_the_comments_id(self) -> None:
        comment_id = uuid7()
        deliver(written("a casino lottery"), aggregate_id=comment_id)
        assert Verdict.objects.get(id=comment_id).forbidden_words == ["casino", "lottery"]

    def test_records_nothing_for_a_repeated_comment(self) -> None:
        comment, comment_id = written("spam"), uuid7()
        deliver(comment, aggregate_id=comment_id)
        with nothing_recorded():
            deliver(comment, aggregate_id=comment_id)
