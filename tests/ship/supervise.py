"""A local stack whose services run from their images; Postgres, broker, gateway and fake Stripe as ever.

`python -m tests.ship.supervise <run directory> --tied <pid>`; the images are in images.json there.
"""

import argparse
import asyncio
import dataclasses
import json
from pathlib import Path

from local_stack.credentials import credentials_of
from local_stack.stack import Stack
from local_stack.supervisor.process_specs import ProcessSpec, specs_of
from local_stack.supervisor.run import supervise
from tests.ship.images import Image

IMAGES = "images.json"


def in_images(parts: list[ProcessSpec], images: dict[str, Image], keys: Path) -> list[ProcessSpec]:
    """The same parts, those of services as processes of their image."""
    return [_moved(part, images, keys) for part in parts]


def _moved(part: ProcessSpec, images: dict[str, Image], keys: Path) -> ProcessSpec:
    service, _, name = part.name.partition(".")
    if service not in images or not name:
        return part
    image = images[service]
    environment = image.environment | _as_inside(part.environment, keys)
    if name == "web":
        environment["PORT"] = part.address.rpartition(":")[2]
    if name == "relay":
        # Its root is read-only, so that it can't show its lease by a file.
        part = dataclasses.replace(part, ready=part.successor or part.ready)
    return dataclasses.replace(
        part,
        command=image.enter(keys, *image.entrypoint, *_arguments(part, name, keys)),
        environment=environment,
        port=None,  # a container opens its own
    )


def _arguments(part: ProcessSpec, name: str, keys: Path) -> tuple[str, ...]:
    if name in {"web", "events", "commands", "relay"}:
        return (name,)
    manage = next(index for index, word in enumerate(part.command) if word.endswith(".manage"))
    return tuple(word.replace(str(keys), "/keys") for word in part.command[manage + 1 :])


def _as_inside(environment: object, keys: Path) -> dict[str, str]:
    """A service's environment, with paths as they are inside; nothing of this machine's own environment."""
    assert isinstance(environment, dict)
    own = (
        "DJANGO_",
        "AUTH_",
        "TICKETS_",
        "ORDERS_",
        "PAYMENTS_",
        "FRONTEND_",
        "STRIPE_",
        "WEB_",
        "BROKER_URL",
    )
    return {
        name: value.replace(str(keys), "/keys") for name, value in environment.items() if name.startswith(own)
    }


def main() -> None:
    """Supervise the stack of the run directory on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--tied", type=int)
    options = parser.parse_args()
    stack = Stack.load(options.run_dir)
    assert stack is not None
    known = json.loads((stack.run_dir / IMAGES).read_text())
    images = {one["service"]: Image(**one) for one in known}
    parts = in_images(specs_of(stack, credentials_of(stack.run_dir)), images, stack.run_dir / "keys")
    asyncio.run(supervise(stack, parts, options.tied))


if __name__ == "__main__":
    main()
