"""The spans on disk: found again, and never too many."""

import stat
from pathlib import Path

import pytest

from inspection.dashboard import spans as module
from inspection.dashboard.otlp import spans_of
from inspection.dashboard.spans import SpanStore
from inspection.tests.dashboard.conftest import export


def count(store: SpanStore) -> int:
    return int(store._database.execute("SELECT count(*) FROM span").fetchone()[0])


class TestASearch:
    @pytest.mark.parametrize("query", ["0a0a0a", "PAY", "5f1c", ""])
    def test_finds_a_trace_by_id_name_or_attribute(self, store: SpanStore, query: str) -> None:
        store.add(spans_of(export("POST /pay", trace=b"\x0a" * 16, attributes={"correlation_id": "r-5f1c"})))
        assert [trace["trace"] for trace in store.traces(query)] == ["0a" * 16]

    @pytest.mark.parametrize("query", ["0b", "refund", "' OR '1'='1"])
    def test_finds_no_other(self, store: SpanStore, query: str) -> None:
        store.add(spans_of(export("POST /pay", trace=b"\x0a" * 16)))
        assert store.traces(query) == []

    def test_lists_the_newest_first_and_no_more_than_a_page(self, store: SpanStore) -> None:
        for number in range(module.MAX_LISTED + 20):
            store.add(spans_of(export(f"work {number}")))
        found = store.traces()
        assert len(found) == module.MAX_LISTED
        assert found[0]["root"][0] == f"work {module.MAX_LISTED + 19}"


class TestTheStore:
    def test_is_read_by_its_owner_alone(self, tmp_path: Path) -> None:
        SpanStore(tmp_path / "traces.sqlite")
        assert stat.S_IMODE((tmp_path / "traces.sqlite").stat().st_mode) == 0o600

    def test_keeps_its_spans_over_a_restart(self, tmp_path: Path) -> None:
        SpanStore(tmp_path / "traces.sqlite").add(spans_of(export("work")))
        assert len(SpanStore(tmp_path / "traces.sqlite").traces()) == 1

    def test_deletes_the_oldest_beyond_its_number(
        self, store: SpanStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_SPANS", 100)
        for number in range(15):
            store.add(spans_of(export(f"work {number}", count=100)))
        assert count(store) <= 600
        store.prune()
        assert count(store) == 100
        assert {trace["root"][0] for trace in store.traces()} == {"work 14"}

    def test_deletes_what_is_too_old(self, store: SpanStore, monkeypatch: pytest.MonkeyPatch) -> None:
        store.add(spans_of(export("work")))
        monkeypatch.setattr(module, "MAX_AGE", -1.0)
        store.prune()
        assert count(store) == 0

    def test_deletes_half_when_it_is_too_large(
        self, store: SpanStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.add(spans_of(export("work", count=200, attributes={"text": "t" * 3_000})))
        monkeypatch.setattr(module, "MAX_BYTES", 500_000)
        store.prune()
        assert count(store) == 100
