"""What the orders tests share."""

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from shared_events.ids import uuid7


@pytest.fixture
def buyer() -> UUID:
    return uuid7()


@pytest.fixture
def shop(api: APIClient, sign_in, buyer: UUID) -> APIClient:
    """A client that is signed in as the buyer."""
    sign_in(api, buyer)
    return api
