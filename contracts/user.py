"""The `user` stream, published by auth. No e-mail address: no subscriber needs one."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared_events.contracts import Event, contract


class UserState(Event, frozen=True, kw_only=True, omit_defaults=True):
    """An account as other services may know it. The aggregate's id is the user's id.

    `status` is `active` or `suspended`; an event that changes it has the one that it leads to. Access tokens
    issued before `not_before` no longer count.
    """

    status: str
    not_before: datetime | None = None


@contract
class UserSignedUp(UserState, frozen=True, kw_only=True):
    """Recorded by auth when an account is made."""

    status: Literal["active"]


@contract
class UserSuspended(UserState, frozen=True, kw_only=True):
    """Recorded by auth when an operator suspends an account; its sessions have ended."""

    status: Literal["suspended"]


@contract
class UserReinstated(UserState, frozen=True, kw_only=True):
    """Recorded by auth when an operator lifts a suspension."""

    status: Literal["active"]


@contract
class UserSessionEnded(UserState, frozen=True):
    """Recorded by auth when one session ends before its time: signed out, or its refresh token used twice."""

    session_id: UUID


@contract
class UserSessionsEnded(UserState, frozen=True):
    """Recorded by auth when every session ends, as by a new password; `not_before` says since when."""
