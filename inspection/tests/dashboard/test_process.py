"""The real process, as the supervisor starts it."""

import dataclasses
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from inspection.tests.dashboard.conftest import Client, export
from local_stack.backing import dashboard
from local_stack.credentials import credentials_of
from local_stack.stack import REPOSITORY, Stack
from local_stack.supervisor.process_specs import specs_of

MEGABYTE = 1_000_000


@pytest.fixture
def process(stack: Stack) -> Iterator[subprocess.Popen[bytes]]:
    stack = dataclasses.replace(stack, dashboard=True)
    stack.save()
    spec = next(one for one in specs_of(stack, credentials_of(stack.run_dir)) if one.name == "dashboard")
    process = subprocess.Popen(spec.command, cwd=REPOSITORY, env=spec.environment, stdout=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


class TestTheProcess:
    def test_receives_and_shows_and_ends_when_it_is_told_to(
        self, stack: Stack, process: subprocess.Popen[bytes]
    ) -> None:
        assert process.stdout
        assert (
            process.stdout.readline()
            == f"dashboard ready at http://127.0.0.1:{stack.ports['dashboard']}\n".encode()
        )
        client = Client(stack.ports["dashboard"])
        assert client.post(export("work", count=500)).status == 200
        assert len(client.get("/api/traces").json) == 100
        assert client.get("/").status == 200
        process.terminate()
        assert process.wait(timeout=10) == 0
        assert (stack.run_dir / "traces.sqlite").exists()

    @pytest.mark.skipif(sys.platform != "linux", reason="shared pages are counted on Linux only")
    def test_stays_small(self, stack: Stack, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        process.stdout.readline()
        client = Client(stack.ports["dashboard"])
        began = time.monotonic()
        for _ in range(20):
            client.post(export("one", "two", "three", count=170, attributes={"text": "t" * 300}))
        client.get("/api/traces?q=nothing")
        client.get("/api/logs?text=nothing")
        assert time.monotonic() - began < 60
        assert psutil.Process(process.pid).memory_full_info().pss < 45 * MEGABYTE


class TestTheCommand:
    def test_is_found_by_its_name_alone(self, stack: Stack) -> None:
        assert dashboard.command(stack)[1:] == ("-m", "inspection.dashboard", str(stack.run_dir))

    def test_says_that_there_is_no_stack(self, run_dir: object) -> None:
        command = [sys.executable, "-m", "inspection.dashboard", str(run_dir)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        assert (done.returncode, "No stack" in done.stderr) == (1, True)
