"""What is in an image, and that the marketplace runs from nothing but the images."""

import os
import re
import subprocess
import uuid
from pathlib import Path

import pytest

from local_stack.stack import REPOSITORY
from local_stack.systems.marketplace import MARKETPLACE
from tests.load import scenarios
from tests.load.client import Marketplace, Person
from tests.load.scenarios import Scenario, disagreements
from tests.running_stack import RunningStack, wait_for
from tests.ship.images import Image

NAMES = [service.name for service in MARKETPLACE.services]
PROCESSES = [
    *(f"{service.name}.web" for service in MARKETPLACE.services),
    *(f"{service.name}.{role}" for service in MARKETPLACE.stateful for role in ("commands", "relay")),
    *(f"{service.name}.events" for service in MARKETPLACE.stateful if service.follows),
]


@pytest.fixture(params=NAMES)
def image(images: dict[str, Image], request: pytest.FixtureRequest) -> Image:
    return images[request.param]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class TestAnImage:
    def test_holds_its_own_service_and_the_shared_packages(self, image: Image) -> None:
        found = {path.name for path in (Path(image.root) / "app").iterdir()}
        assert found == {
            *("venv", "run", "healthy"),
            *("contracts", "marketplace", "shared_events", "service_defaults", f"{image.service}_service"),
        }

    def test_holds_no_test_and_no_tool_that_builds(self, image: Image) -> None:
        app = Path(image.root) / "app"
        shared = ("marketplace", "shared_events", "service_defaults")
        own = [app / name for name in (*shared, f"{image.service}_service")]
        assert [path for package in own for path in package.rglob("tests")] == []
        assert {"pip", "uv", "setuptools", "wheel"} & {
            path.name for path in (app / "venv/lib").glob("python3.*/site-packages/*")
        } == set()
        for program in ("gcc", "make", "uv"):
            assert image.run(app, "sh", "-c", f"command -v {program}").returncode != 0

    def test_holds_the_locked_packages_and_no_other(self, image: Image) -> None:
        lock = (REPOSITORY / "requirements" / f"{image.service}.txt").read_text()
        locked = {
            (_canonical(name), version) for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.M)
        }
        installed = {
            (
                _canonical(path.name.removesuffix(".dist-info").rpartition("-")[0]),
                path.stem.rpartition("-")[2],
            )
            for path in (Path(image.root) / "app/venv/lib").glob("python3.*/site-packages/*.dist-info")
        }
        assert installed
        assert {name for name, _ in installed} <= {name for name, _ in locked}
        assert {"django", "gunicorn"} <= {name for name, _ in installed}

    def test_is_compiled(self, image: Image) -> None:
        for package in ("marketplace", "service_defaults", f"{image.service}_service"):
            for source in (Path(image.root) / "app" / package).rglob("*.py"):
                assert list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")), source

    def test_names_itself_and_says_how_it_is(self, image: Image) -> None:
        assert image.labels["org.opencontainers.image.title"] == f"marketplace-{image.service}"
        assert image.healthcheck == ["CMD", "/app/healthy"]
        assert (image.entrypoint, image.command) == (["/app/run"], ["web"])

    def test_runs_as_any_user_on_a_root_it_cannot_write(self, image: Image, tmp_path: Path) -> None:
        assert image.user == "10001:10001"
        attempt = image.run(
            tmp_path, "sh", "-c", "id -u; echo here > /tmp/x && touch /app/x /etc/x /var/tmp/x"
        )
        assert attempt.stdout.strip() == "10001"
        assert attempt.stderr.count("Read-only file system") == 3
        assert attempt.returncode != 0


class TestTheMarketplaceFromImages:
    @pytest.mark.parametrize("process", PROCESSES)
    def test_runs_each_process_as_its_user_on_a_read_only_root(
        self, shipped: RunningStack, images: dict[str, Image], process: str
    ) -> None:
        pid = shipped.process(process)["pid"]
        image = images[process.partition(".")[0]]
        proc = Path("/proc") / str(pid)
        status = proc.joinpath("status").read_text()
        assert re.search(r"^Uid:\s+10001\s+10001\s+10001\s+10001$", status, re.MULTILINE)
        assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
        assert str((proc / "root").readlink()) == image.root
        mounts = [line.split() for line in proc.joinpath("mountinfo").read_text().splitlines()]
        # As the process sees it, its root is "/"; the last mount there is the one that counts.
        assert [fields[5] for fields in mounts if fields[4] == "/"][-1].startswith("ro")

    @pytest.mark.parametrize("process", PROCESSES)
    def test_finds_each_process_well(
        self, shipped: RunningStack, images: dict[str, Image], process: str
    ) -> None:
        role = "web" if process.endswith(".web") else "heartbeat"
        assert _healthy(shipped, images, process, role) == 0

    def test_finds_a_frozen_web_process_unwell(self, shipped: RunningStack, images: dict[str, Image]) -> None:
        import signal

        workers = _children(shipped.process("frontend.web")["pid"])
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        try:
            assert _healthy(shipped, images, "frontend.web", "web") != 0
        finally:
            for pid in workers:
                os.kill(pid, signal.SIGCONT)
        wait_for(lambda: _healthy(shipped, images, "frontend.web", "web") == 0)

    def test_sells_a_ticket(self, market: Marketplace) -> None:
        seller, buyer = (
            Person(market, f"{uuid.uuid4().hex}@example.com", "correct horse battery") for _ in range(2)
        )
        for person in (seller, buyer):
            person.sign_up()
        scenario = Scenario(market, seller=seller, buyer=buyer, patience=60)
        scenarios.buy(scenario)
        scenarios.decline(scenario)
        scenarios.cancel(scenario)
        assert disagreements(scenario) == []

    def test_shows_its_pages_and_their_style(self, shipped: RunningStack) -> None:
        import httpx

        page = httpx.get(shipped.url, timeout=15)
        assert page.status_code == 200
        style = re.search(r'href="(/static/frontend/[^"]+\.css[^"]*)"', page.text)
        assert style
        assert httpx.get(f"{shipped.url}{style[1]}", timeout=15).status_code == 200


def _children(pid: int) -> list[int]:
    path = Path("/proc") / str(pid) / "task" / str(pid) / "children"
    return [int(word) for word in path.read_text().split()]


def _healthy(shipped: RunningStack, images: dict[str, Image], process: str, role: str) -> int:
    """What `/app/healthy` says inside the very container of a process."""
    image, part = images[process.partition(".")[0]], shipped.process(process)
    port = part["address"].rpartition(":")[2] or "8000"
    command = (
        *("nsenter", f"--mount=/proc/{part['pid']}/ns/mnt"),
        *("chroot", f"--userspec={image.user}", image.root, "/app/healthy", role),
    )
    return subprocess.run(
        command, env={**image.environment, "PORT": port}, capture_output=True, check=False, timeout=60
    ).returncode
