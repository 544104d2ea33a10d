"""What the tickets tests share."""

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from shared_events.ids import uuid7


@pytest.fixture
def seller() -> UUID:
    return uuid7()


@pytest.fixture
def shop(api: APIClient, sign_in, seller: UUID) -> APIClient:
    """A client that is signed in as the seller."""
    sign_in(api, seller)
    return api
