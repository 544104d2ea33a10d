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
_PRUNE_EVERY, _PAGE = 1_000, 4_096
_SCHEMA = """
    PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS span (id INTEGER PRIMARY KEY, received REAL, trace TEXT, span TEXT,
        parent TEXT, service TEXT, name TEXT, kind TEXT, start INTEGER, stop INTEGER, is_error INTEGER,
        details TEXT, UNIQUE (trace, span));
"""
_ADD = "INSERT OR IGNORE INTO span VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_LIST = """
    SELECT trace, min(start) AS start, max(stop) AS stop, count(*) AS spans, sum(is_error) AS errors,
        json_group_array(DISTINCT service) AS services, (SELECT json_array(root.name, root.service)
        FROM span root WHERE root.trace = span.trace ORDER BY root.parent <> '', root.start LIMIT 1) AS root
    FROM span WHERE trace IN (SELECT trace FROM span WHERE :query = '' OR trace LIKE :query || '%'
        OR instr(lower(name), :query) OR instr(lower(details), :query)
        GROUP BY trace ORDER BY max(id) DESC LIMIT :most)
    GROUP BY trace ORDER BY max(id) DESC
"""


class SpanStore:
    """Spans by trace. Each method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
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
            pages, free = (run(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
            if (pages - free) * _PAGE > MAX_BYTES:
                run("DELETE FROM span WHERE id <= (SELECT (min(id) + max(id)) / 2 FROM span)")

    def traces(self, query: str = "") -> list[dict[str, Any]]:
        """Return the latest traces, the newest first: {trace, start, stop, spans, errors, services, root}.

        `root` is the name and the service of the first span; times are in nanoseconds since 1970. `query` is
        the beginning of a trace's id, or a text in a span's name or attributes, such as a correlation id.
        """
        with self._lock:
            rows = self._database.execute(_LIST, {"query": query.lower(), "most": MAX_LISTED}).fetchall()
        return [{**row} | {name: json.loads(row[name]) for name in ("services", "root")} for row in rows]

    def trace(self, trace: str) -> list[dict[str, Any]]:
        """Return the spans of a trace by their start, each with its details; empty where there is none."""
        query = "SELECT * FROM span WHERE trace = ? ORDER BY start LIMIT ?"
        with self._lock:
            rows = self._database.execute(query, [trace, MAX_SHOWN]).fetchall()
        return [{**row} | json.loads(row["details"]) | {"details": None} for row in rows]
