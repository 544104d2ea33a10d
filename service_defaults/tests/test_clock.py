from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from service_defaults.clock import database_now


@pytest.mark.django_db
class TestDatabaseNow:
    def test_is_aware_and_about_now(self) -> None:
        now = database_now()
        assert now.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)

    def test_advances_within_a_transaction(self) -> None:
        assert connection.in_atomic_block
        assert database_now() < database_now()
