"""A new version of an event: old logs are lifted as they are read, and a newer publisher is waited for."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import pytest

from shared_events.contracts import Event, NewerSchema, Upcaster


def _name_the_currency(v1: dict[str, Any]) -> dict[str, Any]:
    return v1 | {"currency": "USD"}


def _count_in_cents(v2: dict[str, Any]) -> dict[str, Any]:
    return {"cents": v2["whole"] * 100, "currency": v2["currency"]}


class FeeCharged(Event, frozen=True, kw_only=True):
    """Never recorded: version 1 had `whole`, 2 also `currency`, and 3 counts in cents."""

    schema_version: ClassVar[int] = 3
    upcasters: ClassVar[Mapping[int, Upcaster]] = {1: _name_the_currency, 2: _count_in_cents}

    cents: int
    currency: str


class TestAnOlderVersion:
    @pytest.mark.parametrize(
        ("version", "data"),
        [
            (1, {"whole": 5}),
            (2, {"whole": 5, "currency": "USD"}),
            (3, {"cents": 500, "currency": "USD"}),
        ],
    )
    def test_is_lifted_step_by_step(self, version: int, data: dict[str, Any]) -> None:
        assert FeeCharged.from_data(data, version) == FeeCharged(cents=500, currency="USD")

    def test_is_refused_where_it_is_not_what_it_says(self) -> None:
        with pytest.raises(msgspec.ValidationError, match="currency"):
            FeeCharged.from_data({"cents": 500}, 3)


class TestANewerVersion:
    def test_waits_for_newer_code(self) -> None:
        with pytest.raises(NewerSchema, match=r"fee\.charged v4; this code has v3"):
            FeeCharged.from_data({"cents": 500, "currency": "USD"}, 4)
