"""Accounts: everybody has one, and a session."""

from typing import Any

from auth_service.accounts.models import User
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import PASSWORD, SessionFactory, UserFactory
from tests.access.world import ROLES, World


def build(role: str) -> World:
    """Return the world as this role meets it."""
    world = World()
    mine: dict[str, Any] = {"refresh": "none", "email": "nobody@example.com", "password": PASSWORD}
    for name in ROLES[1:]:
        user = UserFactory(id=world.people[name], email=f"{name}@example.com", is_staff=name == "staff")
        session = SessionFactory(user=user)
        pair = pair_for(session)
        world.tokens[name] = pair.access
        if name == role:
            mine |= {"refresh": pair.refresh, "email": user.email}
        if name == world_owner(role):
            world.ids["session_id"] = session.id
    User.objects.filter(id=world.people["suspended"]).update(status="suspended")
    credentials = {"email": mine["email"], "password": PASSWORD}
    world.bodies = {
        ("POST", "/api/users/signup"): {"email": "new@example.com", "password": "nine green bottles"},
        ("POST", "/api/users/signin"): credentials,
        ("POST", "/api/users/token"): credentials,
        ("POST", "/api/users/refresh"): {"refresh": mine["refresh"]},
    }
    return world


def world_owner(role: str) -> str:
    """The role whose session stands in the routes."""
    return "suspended" if role == "suspended" else "owner"
