"""Choosing ports beside other people's servers."""

import contextlib
import itertools
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.backing import ports as ports_module
from local_stack.backing.ports import PortTaken, choose_ports, holder_of, is_free
from local_stack.stack import PORT_NAMES, Stack
from local_stack.supervisor import summary
from local_stack.supervisor.launch import plan


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

    def test_replaces_only_a_port_that_was_taken_meanwhile(self, tmp_path: Path, taken: int) -> None:
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

    def test_refuses_a_taken_port_that_the_user_chose(self, tmp_path: Path, taken: int) -> None:
        with pytest.raises(PortTaken, match=rf"Port {taken} is taken by .*pid {os.getpid()}"):
            choose_ports(tmp_path, gateway=taken, before={})


class TestTheGatewaysPort:
    @pytest.fixture
    def taken_ports(self, monkeypatch: pytest.MonkeyPatch) -> set[int]:
        """Ports that belong to other programs; no stack has reserved any."""
        taken: set[int] = set()
        monkeypatch.setattr(ports_module, "is_free", lambda port: port not in taken)
        monkeypatch.setattr(ports_module, "holder_of", lambda port: "nginx (pid 7)")
        monkeypatch.setattr(ports_module, "_promises", lambda: contextlib.nullcontext({}))
        return taken

    def start(self, run_dir: Path, port: int | None = None) -> Stack:
        """Plan as `up` does, and write it down as a start does."""
        stack = plan(run_dir, broker="embedded", port=port)
        stack.save()
        return stack

    def test_is_the_one_of_last_time_even_when_the_usual_one_is_free_again(
        self, run_dir: Path, taken_ports: set[int]
    ) -> None:
        taken_ports.add(8080)
        assert self.start(run_dir).ports["gateway"] == 8081
        taken_ports.clear()
        again = self.start(run_dir)
        assert (again.ports["gateway"], again.address_note) == (8081, "")

    def test_is_the_one_that_the_user_chose_last_time(self, run_dir: Path, taken_ports: set[int]) -> None:
        self.start(run_dir, port=9000)
        assert self.start(run_dir).ports["gateway"] == 9000

    def test_is_another_when_it_is_taken_and_the_summary_says_why(
        self, run_dir: Path, taken_ports: set[int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.start(run_dir)
        taken_ports.add(8080)
        stack = self.start(run_dir)
        summary.show(stack, seconds=1)
        _headline, warning, addresses, *_ = capsys.readouterr().out.strip().split("\n\n")
        assert warning == (
            "THE ADDRESS HAS CHANGED: it was http://localhost:8080, but port 8080 is taken by nginx (pid 7)."
        )
        assert "Open                   http://localhost:8081" in addresses

    def test_is_explained_where_it_is_not_the_usual_one(self, run_dir: Path, taken_ports: set[int]) -> None:
        taken_ports.add(8080)
        assert self.start(run_dir).address_note == (
            "NOT THE USUAL ADDRESS: port 8080 is taken by nginx (pid 7)."
        )

    def test_is_not_explained_to_a_user_who_chose_it(self, run_dir: Path, taken_ports: set[int]) -> None:
        self.start(run_dir)
        assert self.start(run_dir, port=9000).address_note == ""

    def test_is_not_that_of_a_stack_that_is_starting(
        self, run_dir: Path, taken_ports: set[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        promised = {"8080": ("/somewhere/else", time.time() + 60)}
        monkeypatch.setattr(ports_module, "_promises", lambda: contextlib.nullcontext(promised))
        assert self.start(run_dir).address_note == (
            "NOT THE USUAL ADDRESS: port 8080 is promised to another stack, which is starting."
        )
