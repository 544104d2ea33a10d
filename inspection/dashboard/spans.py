"""The spans that were received, in a SQLite file of the run directory, and never too many of them."""

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspection.dashboard.otlp import Span

#: The most spans, seconds and bytes that are kept; the oldest go first.
MAX_SPANS, MAX_AGE, MAX_BYTES = 50_000, 24 * 3600.0, 200_000_000
#: How many traces a list has, and spans a waterfall.
MAX_LISTED, MAX_SHOWN = 100, 2_000
_PRUNE_EVERY = 1_000
_SCHEMA = """
    PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000;
    CREATE TABLE IF NOT EXISTS span (id INTEGER PRIMARY KEY, received REAL, trace TEXT, span TEXT, parent TEXT,
        service TEXT, name TEXT, kind TEXT, start INTEGER, stop INTEGER, is_error INTEGER, details TEXT,
        UNIQUE (trace, span));
"""
_ADD = "INSERT OR IGNORE INTO span VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_MATCHES = "trace LIKE :query || '%' OR instr(lower(name), :query) OR instr(lower(details), :query)"
_LIST = """
    SELECT trace, (SELECT json_array(root.name, root.service) FROM span root WHERE root.trace = span.trace
        ORDER BY root.parent <> '', root.start LIMIT 1), min(start), max(stop), count(*), sum(is_error),
        json_group_array(DISTINCT service)
    FROM span WHERE trace IN (
        SELECT trace FROM span WHERE :query = '' OR {} GROUP BY trace ORDER BY max(id) DESC LIMIT {})
    GROUP BY trace ORDER BY max(id) DESC
""".format(_MATCHES, MAX_LISTED)  # fmt: skip
_SHOW = """
    SELECT span, parent, service, name, kind, start, stop, is_error, details
    FROM span WHERE trace = ? ORDER BY start LIMIT ?
"""


class SpanStore:
    """Spans by trace. Each method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._since_pruned = 0
        self.prune()

    def add(self, spans: Sequence[Span]) -> None:
        """Keep spans; one that is there already stays as it is."""
        now = time.time()
        with self._lock, self._database:
            self._database.execute("BEGIN")
            self._database.executemany(_ADD, ((now, *span) for span in spans))
            self._since_pruned += len(spans)
        if self._since_pruned >= _PRUNE_EVERY:
            self.prune()

    def prune(self) -> None:
        """Delete what is too old or too much."""
        with self._lock:
            self._since_pruned, run = 0, self._database.execute
            run("DELETE FROM span WHERE id <= (SELECT max(id) FROM span) - ?", [MAX_SPANS])
            oldest = time.time() - MAX_AGE
            run("DELETE FROM span WHERE id <= (SELECT max(id) FROM span WHERE received < ?)", [oldest])
            pages, free, size = (
                run(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
            )
            if (pages - free) * size > MAX_BYTES:
                run("DELETE FROM span WHERE id <= (SELECT (min(id) + max(id)) / 2 FROM span)")

    def traces(self, query: str = "") -> list[dict[str, Any]]:
        """Return the latest traces, the newest first; times are in nanoseconds since 1970.

        `query` is the beginning of a trace's id, or a text in a span's name or in its attributes, such as a
        correlation id.
        """
        with self._lock:
            rows = self._database.execute(_LIST, {"query": query.lower()}).fetchall()
        return [
            {"trace": trace, "start": start, "end": end, "spans": spans, "errors": errors}
            | dict(zip(("name", "service"), json.loads(root), strict=True))
            | {"services": sorted(json.loads(services))}
            for trace, root, start, end, spans, errors, services in rows
        ]

    def trace(self, trace: str) -> list[dict[str, Any]]:
        """Return the spans of a trace by their start, each with its details; empty where there is none."""
        names = ("span", "parent", "service", "name", "kind", "start", "end", "is_error")
        with self._lock:
            rows = self._database.execute(_SHOW, [trace, MAX_SHOWN]).fetchall()
        return [dict(zip(names, row[:-1], strict=True)) | json.loads(row[-1]) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()
