"""The users' replica. Run with the settings of each service that follows the users."""

import io
from uuid import UUID

import pytest
from django.core.management import call_command

from contracts.user import UserReinstated, UserSignedUp, UserState, UserSuspended
from marketplace.users.models import UserReplica
from marketplace.users.operations import is_superseded, is_suspended, is_suspended_until_commit
from service_defaults.revocation.models import Revocation
from shared_events.ids import uuid7
from shared_events.inbox.subscriptions import subscriptions
from shared_events.outbox.recovery import forget
from shared_events.testing import deliver, deliver_batch, enveloped

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> UUID:
    user = uuid7()
    deliver(UserSignedUp(status="active"), aggregate_id=user, position=1)
    return user


def _status(user: UUID) -> str:
    return UserReplica.objects.get(id=user).status


class TestTheReplica:
    def test_follows_the_status(self, user: UUID) -> None:
        assert _status(user) == "active"
        deliver(UserSuspended(status="suspended"), aggregate_id=user, version=2, position=2)
        assert _status(user) == "suspended"
        deliver(UserReinstated(status="active"), aggregate_id=user, version=3, position=3)
        assert _status(user) == "active"

    def test_may_begin_with_any_event(self) -> None:
        deliver(UserSuspended(status="suspended"), aggregate_id=(user := uuid7()), version=2, position=2)
        assert _status(user) == "suspended"

    @pytest.mark.parametrize("version", [1, 2, 3])
    def test_takes_only_what_is_newer(self, user: UUID, version: int) -> None:
        deliver(UserReinstated(status="active"), aggregate_id=user, version=3, position=3)
        deliver(UserSuspended(status="suspended"), aggregate_id=user, version=version, position=version)
        replica = UserReplica.objects.get(id=user)
        assert (replica.status, replica.version) == ("active", 3)

    def test_is_applied_by_one_handler(self) -> None:
        """So that it can be made anew: what a handler isn't given, `rebuild` doesn't feed it."""
        ours = {
            event.wire_type(): [
                one.name
                for one in subscriptions()[event.wire_type()]
                if one.name.endswith("upsert_user_replica")
            ]
            for event in (UserSignedUp, UserSuspended, UserReinstated)
        }
        assert set(map(tuple, ours.values())) == {("marketplace.users.handlers.upsert_user_replica",)}

    def test_is_made_anew_by_the_handlers_name(self) -> None:
        said = io.StringIO()
        call_command("events", "rebuild", "upsert_user_replica", stdout=said)
        fed = [line.split()[3] for line in said.getvalue().splitlines()]
        assert sorted(fed) == ["user.reinstated", "user.signed_up", "user.suspended"]


class TestASuspension:
    def test_is_seen_by_both_reads(self, user: UUID) -> None:
        reads = (is_suspended, is_suspended_until_commit)
        assert [read(user) for read in reads] == [False, False]
        deliver(UserSuspended(status="suspended"), aggregate_id=user, version=2, position=2)
        assert [read(user) for read in reads] == [True, True]

    def test_is_false_for_a_user_without_events(self) -> None:
        assert not is_suspended(uuid7())
        assert not is_suspended_until_commit(uuid7())

    def test_is_superseded_by_a_newer_status_only(self, user: UUID) -> None:
        deliver(UserSuspended(status="suspended"), aggregate_id=user, version=2, position=2)
        assert [is_superseded(user_id=user, version=version) for version in (1, 2, 3)] == [True, False, False]
        assert not is_superseded(user_id=uuid7(), version=1)


class TestWhatAuthHasLost:
    def test_is_let_go_of(self, user: UUID) -> None:
        lost: list[UserState] = [UserSuspended(status="suspended"), UserReinstated(status="active")]
        envelopes = [
            enveloped(event, aggregate_id=user, version=version, position=version)
            for version, event in enumerate(lost, 2)
        ]
        deliver_batch(envelopes)
        forget("user", envelopes, after=1)
        deliver(UserSuspended(status="suspended"), aggregate_id=user, version=2, position=2)
        assert _status(user) == "suspended"
        assert Revocation.objects.get(subject=user).suspended

    def test_leaves_other_users_as_they_are(self, user: UUID) -> None:
        other = enveloped(UserSuspended(status="suspended"), aggregate_id=uuid7(), version=2, position=2)
        forget("user", [other], after=1)
        assert UserReplica.objects.get(id=user).version == 1
