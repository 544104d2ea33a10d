"""Fixtures of auth's tests."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from auth_service.accounts.models import Session, User
from auth_service.credentials.hashers import Argon2
from auth_service.credentials.tokens import pair_for
from auth_service.tests.factories import SessionFactory, UserFactory


@pytest.fixture
def member(db: None) -> User:
    return UserFactory(email="member@example.com")


@pytest.fixture
def session(member: User) -> Session:
    return SessionFactory(user=member)


@pytest.fixture
def browser(api: APIClient, session: Session) -> APIClient:
    """A client with the cookies of the member's session."""
    pair = pair_for(session)
    api.cookies["access_token"] = pair.access
    api.cookies["refresh_token"] = pair.refresh
    return api


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the password hasher's methods, in the order of their calls."""
    done: list[str] = []
    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2, name, _counted(getattr(Argon2, name), name, done))
    return done


def _counted(method: Any, name: str, done: list[str]) -> Any:
    def counted(self: Argon2, *args: Any, **kwargs: Any) -> Any:
        done.append(name)
        return method(self, *args, **kwargs)

    return counted
