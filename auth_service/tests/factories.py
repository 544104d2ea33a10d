"""Factories of accounts and sessions."""

from datetime import timedelta
from functools import cache

import factory
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from auth_service.accounts.models import Session, User

PASSWORD = "seven green bottles"


@cache
def password_hash() -> str:
    """Return the hash of PASSWORD, which is slow to compute, once per process."""
    return make_password(PASSWORD)


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"member{number}@example.com")
    password = factory.LazyFunction(password_hash)
    created_at = factory.LazyFunction(timezone.now)


class SessionFactory(factory.django.DjangoModelFactory[Session]):
    class Meta:
        model = Session

    user = factory.SubFactory(UserFactory)
    created_at = factory.LazyFunction(timezone.now)
    refreshed_at = factory.SelfAttribute("created_at")
    expires_at = factory.LazyAttribute(
        lambda session: session.created_at + timedelta(seconds=settings.AUTH_REFRESH_SECONDS)
    )
