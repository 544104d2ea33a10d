import errno
from pathlib import Path

import pytest
from kombu import Connection, Exchange, Queue

from shared_events.transport import embedded


class TestAFullDisk:
    def test_leaves_nothing_of_a_message_that_did_not_fit(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fill_up(path: Path, text: str) -> None:
            path.write_bytes(text.encode()[:10])
            raise OSError(errno.ENOSPC, "No space left on device")

        exchange = Exchange("notes", type="topic")
        options = embedded.options(tmp_path)
        with Connection(f"{embedded.SCHEME}://", transport_options=options) as connection:
            queue = Queue("reader", exchange, routing_key="note")(connection.default_channel)
            queue.declare()
            monkeypatch.setattr(Path, "write_text", fill_up)
            with pytest.raises(OSError, match="No space left"):
                connection.Producer().publish({}, exchange=exchange, routing_key="note", retry=False)
        assert list((tmp_path / "queues" / "reader").iterdir()) == []
