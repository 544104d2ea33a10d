"""One golden file per event version: what a publisher emits and every subscriber must be able to read.

A golden file never changes once its version is published. Run with each service's settings in turn.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from shared_events.contracts import Event, published_events
from shared_events.envelope import RawEnvelope
from shared_events.ids import uuid7
from shared_events.inbox.subscriptions import dispatch, subscriptions

GOLDEN = Path(__file__).parent / "golden"

_FILES = sorted(path.name.removesuffix(".json") for path in GOLDEN.glob("*.json"))


def _read(name: str) -> tuple[type[Event], int, dict[str, Any]]:
    wire_type, _, version = name.rpartition(".v")
    return published_events()[wire_type], int(version), json.loads((GOLDEN / f"{name}.json").read_text())


class TestContracts:
    def test_each_has_a_golden_file_for_its_version(self) -> None:
        needed = {f"{wire_type}.v{event.schema_version}" for wire_type, event in published_events().items()}
        assert needed <= set(_FILES)

    @pytest.mark.parametrize("wire_type", sorted(published_events()))
    def test_each_says_who_records_it_and_when(self, wire_type: str) -> None:
        assert (published_events()[wire_type].__doc__ or "").startswith("Recorded by ")

    @pytest.mark.parametrize("name", _FILES)
    def test_read_the_golden_file_and_emit_it_again(self, name: str) -> None:
        event, version, data = _read(name)
        decoded = event.from_data(data, version)
        if version == event.schema_version:
            assert decoded.to_data() == data

    @pytest.mark.parametrize("name", _FILES)
    def test_ignore_what_a_newer_publisher_adds(self, name: str) -> None:
        event, version, data = _read(name)
        assert event.from_data(data | {"added_later": 1}, version) == event.from_data(data, version)


@pytest.mark.django_db
class TestThisServicesSubscriptions:
    @pytest.mark.parametrize("name", _FILES)
    def test_accept_the_golden_file(self, name: str) -> None:
        event, version, data = _read(name)
        envelope = RawEnvelope(
            stream=event.stream(),
            position=1,
            id=uuid7(),
            type=event.wire_type(),
            schema_version=version,
            aggregate_id=uuid7(),
            version=1,
            occurred_at=timezone.now(),
            correlation_id="golden",
            causation_id=None,
            traceparent="",
            data=data,
        )
        with transaction.atomic():
            dispatch([envelope])

    def test_are_to_streams_of_other_services(self) -> None:
        followed = {wire_type.partition(".")[0] for wire_type in subscriptions()}
        assert not followed & set(settings.EVENTS.publishes)
