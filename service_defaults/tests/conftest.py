"""What the tests of the defaults share."""

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from service_defaults.tests.ids import uuid7


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Whoever is signed in is looked up: whether the token still counts."""


@pytest.fixture
def writer() -> UUID:
    return uuid7()


@pytest.fixture
def desk(api: APIClient, sign_in, writer: UUID) -> APIClient:
    """A client that is signed in as the writer."""
    sign_in(api, writer)
    return api
