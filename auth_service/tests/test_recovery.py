"""Recovery after a restore: suspensions and ended sessions are rebuilt, lost accounts are reported."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from auth_service.accounts import operations
from auth_service.accounts.models import QueuedEmail, Session, User
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import PASSWORD, SessionFactory, UserFactory, password_hash
from shared_events.ids import uuid7
from shared_events.models import LoggedEvent
from shared_events.outbox.recovery import Recovered, recover
from tests.recovering import publish, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def members(db: None) -> list[User]:
    """Accounts as a dump has them, each with two sessions."""
    members = UserFactory.create_batch(5)
    for member in members:
        SessionFactory.create_batch(2, user=member)
    return members


def restore_and_recover() -> Recovered:
    """Restore the accounts as they were at first, and recover what was published since."""
    published = publish()
    LoggedEvent.objects.all().delete()
    User.objects.update(status="active", version=1, not_before=None)
    Session.objects.update(ended_at=None, end_reason="")
    return recover(published)


def change_accounts(members: list[User]) -> None:
    """Change each account in another way, except the last."""
    suspended, reinstated, signed_out, changed, _ = members
    now = timezone.now()
    with transaction.atomic():
        for member in (suspended, reinstated):
            operations.suspend_user(user_id=member.id, operator_id=uuid7(), now=now)
        operations.reinstate_user(user_id=reinstated.id)
        session = Session.objects.filter(user=signed_out).earliest("id")
        operations.end_session(session_id=session.id, reason=Session.End.SIGNED_OUT, now=now)
        operations.change_password(user_id=changed.id, password_hash=password_hash(), now=now)
    # No event is published about a session that is opened.
    Session.objects.filter(user=changed, ended_at=None).delete()
    QueuedEmail.objects.all().delete()


class TestRecovery:
    def test_rebuilds_suspensions_and_ended_sessions(self, members: list[User]) -> None:
        change_accounts(members)
        before = states(User.objects.all())
        ended = set(Session.objects.exclude(ended_at=None).values_list("id", "end_reason"))
        assert len(ended) == 7
        restore_and_recover()
        assert states(User.objects.all()) == before
        assert set(Session.objects.exclude(ended_at=None).values_list("id", "end_reason")) == ended

    def test_names_the_accounts_whose_new_password_may_be_lost(self, members: list[User]) -> None:
        change_accounts(members)
        assert restore_and_recover().not_rebuilt == {"user.sessions_ended": [str(members[3].id)]}

    def test_names_the_accounts_that_are_lost(self, members: list[User]) -> None:
        now = timezone.now()
        with transaction.atomic():
            for email in ("late@example.com", "gone@example.com"):
                operations.sign_up(email=email, password_hash=password_hash(), now=now)
            gone = User.objects.get(email="gone@example.com")
            operations.suspend_user(user_id=gone.id, operator_id=uuid7(), now=now)
        lost = User.objects.filter(email__in=("late@example.com", "gone@example.com"))
        names = {str(one) for one in lost.values_list("id", flat=True)}
        published = publish()
        LoggedEvent.objects.all().delete()
        lost.delete()
        recovered = recover(published)
        assert set(recovered.not_rebuilt["user.signed_up"]) == names
        assert recovered.not_rebuilt["user.suspended"] == [str(gone.id)]

    def test_refuses_suspended_accounts_and_records_new_events(
        self, api: APIClient, members: list[User]
    ) -> None:
        change_accounts(members)
        restore_and_recover()
        answer = api.post("/api/users/signin", {"email": members[0].email, "password": PASSWORD})
        assert answer.status_code == 403
        with transaction.atomic():
            operations.reinstate_user(user_id=members[0].id)
        assert (
            api.post("/api/users/signin", {"email": members[0].email, "password": PASSWORD}).status_code
            == 200
        )

    def test_leaves_newer_accounts_alone(self, members: list[User]) -> None:
        change_accounts(members)
        published, before = publish(), states(User.objects.all())
        LoggedEvent.objects.filter(position__gt=2).delete()
        recover(published)
        assert states(User.objects.all()) == before

    def test_ends_no_session_that_began_after_the_others_ended(self, members: list[User]) -> None:
        """The account was signed out everywhere just before the dump, and a session was opened after that."""
        member = members[0]
        with transaction.atomic():
            operations.end_sessions(
                user_id=member.id, reason=Session.End.SIGNED_OUT_EVERYWHERE, now=timezone.now()
            )
        later = SessionFactory(user=member, created_at=timezone.now() + timedelta(seconds=1))
        published = publish()
        LoggedEvent.objects.all().delete()
        User.objects.update(version=1)
        recover(published)
        assert ended_at(later.id) is None

    def test_refuses_tokens_of_an_ended_session(self, api: APIClient, members: list[User]) -> None:
        change_accounts(members)
        session = Session.objects.filter(user=members[3]).earliest("id")
        restore_and_recover()
        token = pair_for(session).access
        answer = api.get("/api/users/sessions", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


def ended_at(session_id: UUID) -> object:
    return Session.objects.get(id=session_id).ended_at
