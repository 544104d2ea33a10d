"""The probe of RabbitMQ, against sockets; what it says of a node that is stuck the end-to-end tests show."""

import re
import shutil
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from local_stack.backing import broker_probe, rabbitmq
from local_stack.credentials import credentials_of
from local_stack.stack import Stack
from local_stack.supervisor import process_specs
from local_stack.supervisor.launch import plan
from local_stack.supervisor.probes import Stuck, Works


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"amqp://probe:secret@127.0.0.1:{listening.getsockname()[1]}/marketplace"


class TestTheProbe:
    def test_finds_a_broker_stuck_that_gives_no_answer(
        self, silent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broker_probe, "DEADLINE", 0.2)
        said = broker_probe.problem(silent, tmp_path)
        assert isinstance(said, Stuck)
        assert re.match(r"the broker confirms nothing: \w+", said)

    def test_waits_for_one_that_does_not_listen_yet(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        said = broker_probe.problem(f"amqp://probe:secret@127.0.0.1:{port}/marketplace", tmp_path)
        assert said
        assert not isinstance(said, Stuck)

    def test_has_none_started_anew_for_a_full_disk_and_says_how_full(
        self, silent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broker_probe, "DEADLINE", 0.2)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=12_000_000))
        said = broker_probe.problem(silent, tmp_path)
        assert said
        assert not isinstance(said, Stuck)
        assert f"12 MB free in {tmp_path}" in said


class TestTheNode:
    def test_has_to_confirm_a_message_and_not_only_to_listen(
        self, run_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rabbitmq, "server_script", lambda: Path("/somewhere"))
        monkeypatch.setattr(rabbitmq, "epmd_program", lambda: "/somewhere/else")
        stack = plan(run_dir, broker="rabbitmq", any_port=True)
        node = {spec.name: spec for spec in process_specs.specs_of(stack, credentials_of(run_dir))}[
            "rabbitmq"
        ]
        assert isinstance(node.ready, Works)
        assert isinstance(node.ready.check, partial)
        assert node.ready.check.func is broker_probe.problem
        # The disk that fills up is this one, which may be another than that of the rest.
        assert node.ready.check.args[1] == rabbitmq.data_of(stack)

    def test_gives_the_probe_a_queue_of_its_own_and_no_right_to_any_other(self, stack: Stack) -> None:
        made = rabbitmq.definitions_of(stack, credentials_of(stack.run_dir))
        [queue] = [queue for queue in made["queues"] if queue["name"] == rabbitmq.PROBE_QUEUE]
        assert queue["arguments"] == {"x-queue-type": "quorum", "x-max-length": rabbitmq.PROBE_QUEUE_LIMIT}
        [rights] = [rights for rights in made["permissions"] if rights["user"] == "probe"]
        assert not re.match(rights["configure"], rabbitmq.PROBE_QUEUE)
        for name in ("orders.events.v1", "domain_events", "amq.default", "probe.v10"):
            assert not any(re.match(rights[right], name) for right in ("configure", "write", "read"))
        assert all(
            not re.match(one[right], rabbitmq.PROBE_QUEUE) and not re.match(one[right], rabbitmq.PROBE)
            for one in made["permissions"]
            if one["user"] != "probe"
            for right in ("configure", "write", "read")
        )
