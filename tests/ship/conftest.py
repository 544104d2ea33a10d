"""Five images, built once, and the marketplace run from them."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from local_stack.credentials import credentials_of
from local_stack.supervisor.down import forget
from local_stack.supervisor.launch import launch, locked, plan, shut_down, wait_until_ready
from local_stack.systems.marketplace import MARKETPLACE
from tests.ephemeral_postgres import temporary_run_dir
from tests.load.client import Marketplace
from tests.running_stack import RunningStack
from tests.ship.images import Builder, Image, problem
from tests.ship.supervise import IMAGES


@pytest.fixture(scope="session")
def images() -> Iterator[dict[str, Image]]:
    why = problem()
    if why is not None:
        # In CI, a suite that is always skipped would look as if it passed.
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="ship-", dir="/var/tmp"))
    builder = Builder(folder)
    try:
        builder.make_base()
        yield {service.name: builder.build(service.name) for service in MARKETPLACE.services}
    finally:
        builder.forget()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shipped(images: dict[str, Image]) -> Iterator[RunningStack]:
    """The whole marketplace, every process of every service from its image."""
    with temporary_run_dir() as run_dir, locked(run_dir):
        stack = plan(run_dir, broker="rabbitmq", hold_seconds=120, any_port=True)
        (run_dir / IMAGES).write_text(json.dumps([image.as_dict() for image in images.values()]))
        keys = run_dir / "keys"
        keys.mkdir(mode=0o700)
        os.chown(keys, *(int(part) for part in images["auth"].user.split(":")))
        supervisor = launch(stack, tied=True, supervisor="tests.ship.supervise")
        try:
            wait_until_ready(stack)
            yield RunningStack(stack, credentials_of(run_dir))
        finally:
            shut_down(stack)
            supervisor.wait()
            forget(stack)


@pytest.fixture
def market(shipped: RunningStack) -> Iterator[Marketplace]:
    with closing(Marketplace(shipped.url, patience=60)) as market:
        yield market
