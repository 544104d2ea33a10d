"""Choosing ports beside other people's servers."""

import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack import ports as ports_module
from local_stack.ports import PortTaken, choose_ports, holder_of, is_free
from local_stack.stack import PORT_NAMES


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this very process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class TestAPort:
    def test_with_a_listener_is_not_free(self, taken: int) -> None:
        assert not is_free(taken)

    def test_is_free_again_when_the_listener_is_gone(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        assert is_free(port)

    def test_is_said_to_belong_to_its_holder(self, taken: int) -> None:
        assert f"(pid {os.getpid()})" in holder_of(taken)


class TestChoosePorts:
    def test_gives_every_part_a_port_of_its_own(self, tmp_path: Path) -> None:
        ports = choose_ports(tmp_path, gateway=None, before={}, avoid_default=True)
        assert ports.keys() == set(PORT_NAMES)
        assert len({*ports.values()}) == len(PORT_NAMES)
        assert all(is_free(port) for port in ports.values())

    def test_keeps_the_ports_of_last_time(self, tmp_path: Path) -> None:
        first = choose_ports(tmp_path, gateway=None, before={}, avoid_default=True)
        assert choose_ports(tmp_path, gateway=None, before=first, avoid_default=True) == first

    def test_replaces_only_what_somebody_took_meanwhile(self, tmp_path: Path, taken: int) -> None:
        first = choose_ports(tmp_path, gateway=None, before={}, avoid_default=True) | {"orders": taken}
        second = choose_ports(tmp_path, gateway=None, before=first, avoid_default=True)
        assert second["orders"] not in first.values()
        assert {**second, "orders": taken} == first

    def test_promises_no_port_twice_to_stacks_that_start_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Both look for ports at the same place, and nothing listens on any of them yet.
        monkeypatch.setattr(ports_module, "_candidates", lambda run_dir: itertools.count(20_000))
        first = choose_ports(tmp_path / "one", gateway=None, before={}, avoid_default=True)
        second = choose_ports(tmp_path / "two", gateway=None, before={}, avoid_default=True)
        assert not set(first.values()) & set(second.values())

    def test_refuses_a_taken_port_that_was_asked_for(self, tmp_path: Path, taken: int) -> None:
        with pytest.raises(PortTaken, match=rf"Port {taken} is taken by .*pid {os.getpid()}"):
            choose_ports(tmp_path, gateway=taken, before={})
