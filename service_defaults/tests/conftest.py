"""Fixtures of the tests of `service_defaults`."""

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from service_defaults.tests.ids import uuid7


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every signed-in request queries whether its token was revoked."""


@pytest.fixture
def writer() -> UUID:
    return uuid7()


@pytest.fixture
def signed_in(api: APIClient, sign_in, writer: UUID) -> APIClient:
    """A client that is signed in as the writer."""
    sign_in(api, writer)
    return api
