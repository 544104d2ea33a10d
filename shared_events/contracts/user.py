"""The `user` stream, published by auth. No e-mail address: no subscriber needs one."""

from typing import Literal

from shared_events.contracts import Event, contract


class UserState(Event, frozen=True, kw_only=True):
    """An account as other services may know it. The aggregate's id is the user's id."""

    status: Literal["active", "suspended"]


@contract
class UserSignedUp(UserState, frozen=True):
    """Recorded by auth when an account is made."""


@contract
class UserSuspended(UserState, frozen=True):
    """Recorded by auth when an operator suspends an account; its sessions have ended."""


@contract
class UserReinstated(UserState, frozen=True):
    """Recorded by auth when an operator lifts a suspension."""
