"""Accounts: each user has one, and a session."""

from typing import Any

from auth_service.accounts.models import User
from auth_service.credentials import links
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import PASSWORD, SessionFactory, UserFactory
from tests.access.world import ROLES, STAFF_ROLES, World

NEW_PASSWORD = "ten purple bottles"


def build(role: str) -> World:
    """Return the world as this role meets it."""
    world = World()
    mine: dict[str, Any] = {"refresh": "none", "email": "unknown@example.com", "password": PASSWORD}
    for name in ROLES[1:]:
        user = UserFactory(
            id=world.people[name],
            email=f"{name}@example.com",
            is_staff=name in STAFF_ROLES,
            role=STAFF_ROLES.get(name, ""),
        )
        session = SessionFactory(user=user)
        pair = pair_for(session)
        world.tokens[name] = pair.access
        if name == role:
            mine |= {"refresh": pair.refresh, "email": user.email}
            mine |= {"reset": links.create_reset_token(user), "verify": links.create_confirmation_token(user)}
        if name == world_owner(role):
            world.ids["session_id"] = session.id
    # The account that an operator suspends is not that of any role.
    world.ids["user_id"] = UserFactory().id
    User.objects.filter(id=world.people["suspended"]).update(status="suspended")
    world.bodies = _bodies(mine)
    return world


def _bodies(mine: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    credentials = {"email": mine["email"], "password": PASSWORD}
    return {
        ("POST", "/api/users/signup"): {"email": "new@example.com", "password": NEW_PASSWORD},
        ("POST", "/api/users/signin"): credentials,
        ("POST", "/api/users/token"): credentials,
        ("POST", "/api/users/refresh"): {"refresh": mine["refresh"]},
        ("POST", "/api/users/password"): {"currentPassword": PASSWORD, "password": NEW_PASSWORD},
        ("POST", "/api/users/password/forgot"): {"email": mine["email"]},
        ("POST", "/api/users/password/reset"): {
            "token": mine.get("reset", "none"),
            "password": NEW_PASSWORD,
        },
        ("POST", "/api/users/email/verify"): {"token": mine.get("verify", "none")},
    }


def world_owner(role: str) -> str:
    """The role whose session stands in the routes."""
    return "suspended" if role == "suspended" else "owner"
