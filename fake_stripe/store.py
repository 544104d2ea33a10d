"""Stores localstripe's objects in a SQLite file, so that a killed process loses nothing."""

import io
import pickle
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localstripe.resources import Store, StripeObject

Key = str


@dataclass(frozen=True)
class Answer:
    """The stored response to an idempotency key; `fingerprint` identifies the request."""

    fingerprint: str
    status: int
    body: bytes


class FileStore(Store):
    """localstripe's store, written through to SQLite.

    localstripe changes its objects in place, so whatever a request read or created is written when it ends
    (`commit`), together with the response to its idempotency key: a crash keeps both or neither.
    """

    _file: sqlite3.Connection
    _touched: dict[Key, Any]

    def open(self, path: Path) -> None:
        """Load all objects from `path`; creates the file where there is none."""
        self._touched = {}
        self._file = sqlite3.connect(path, isolation_level=None)
        # It has to survive a kill of this process, not a power cut.
        self._file.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
            "CREATE TABLE IF NOT EXISTS objects (key TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS answers"
            " (key TEXT PRIMARY KEY, fingerprint TEXT, status INTEGER, body BLOB) WITHOUT ROWID;"
        )
        for (key,) in self._file.execute("SELECT key FROM objects").fetchall():
            self.read(key)

    def __setitem__(self, key: Key, value: Any) -> None:
        dict.__setitem__(self, key, value)
        self._touched[key] = value

    def __delitem__(self, key: Key) -> None:
        dict.__delitem__(self, key)
        self._touched[key] = None

    def get(self, key: Key, default: Any = None) -> Any:
        """Return an object; it counts as touched, because the caller may change it."""
        value = dict.get(self, key, default)
        if key in self:
            self._touched[key] = value
        return value

    def clear(self) -> None:
        """Delete everything, including the stored responses."""
        dict.clear(self)
        self._touched.clear()
        self._file.executescript("DELETE FROM objects; DELETE FROM answers;")

    def dump_to_disk(self) -> None:
        """Do nothing: `commit` replaces localstripe's own way of saving."""

    def commit(self, key: str | None = None, answer: Answer | None = None) -> None:
        """Write the touched objects and, with a key, its response, in one transaction."""
        written: set[Key] = set()
        with self._file:
            self._file.execute("BEGIN")
            while self._touched:
                name, value = self._touched.popitem()
                written.add(name)
                references = self._write(name, value)
                self._touched.update((inner, references[inner]) for inner in references.keys() - written)
            if key is not None and answer is not None:
                row = (key, answer.fingerprint, answer.status, answer.body)
                self._file.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)

    def answer_to(self, key: str) -> Answer | None:
        """Return the stored response to an idempotency key."""
        row = self._file.execute(
            "SELECT fingerprint, status, body FROM answers WHERE key = ?", (key,)
        ).fetchone()
        return Answer(*row) if row else None

    def _write(self, key: Key, value: Any) -> dict[Key, Any]:
        """Write one object; return those that it refers to."""
        if value is None:
            self._file.execute("DELETE FROM objects WHERE key = ?", (key,))
            return {}
        pickler = _Pickler(value)
        self._file.execute("INSERT OR REPLACE INTO objects VALUES (?, ?)", (key, pickler.dump_whole()))
        return pickler.references

    def read(self, key: Key) -> Any:
        """Return an object, from the file where it isn't in memory yet."""
        if key not in self:
            (body,) = self._file.execute("SELECT body FROM objects WHERE key = ?", (key,)).fetchone()
            dict.__setitem__(self, key, _Unpickler(self, body).load())
        return self[key]


class _Pickler(pickle.Pickler):
    """Pickles one object; writes objects inside it as references and collects them in `references`."""

    def __init__(self, root: Any) -> None:
        self._buffer = io.BytesIO()
        super().__init__(self._buffer, protocol=pickle.HIGHEST_PROTOCOL)
        self._root = root
        self.references: dict[Key, Any] = {}

    def dump_whole(self) -> bytes:
        self.dump(self._root)
        return self._buffer.getvalue()

    def persistent_id(self, obj: Any) -> Key | None:
        # A List isn't an object of its own: it has no id and is part of its owner.
        if obj is self._root or not isinstance(obj, StripeObject) or not hasattr(obj, "id"):
            return None
        key = f"{obj.object}:{obj.id}"
        self.references[key] = obj
        return key


class _Unpickler(pickle.Unpickler):
    def __init__(self, store: FileStore, body: bytes) -> None:
        super().__init__(io.BytesIO(body))
        self._store = store

    def persistent_load(self, pid: Key) -> Any:
        return self._store.read(pid)
