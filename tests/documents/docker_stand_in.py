"""Stands in for `docker` where a guide changes what compose runs: `docker compose -f FILE stop|exec|up …`.

It keeps in $CONTAINERS the environment from which each container was started, by the service's name, and runs
what is to be executed in one right here.
"""

import argparse
import json
import os
from pathlib import Path

from tests.deployment.rendering import compose


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser()
    kinds = parser.add_subparsers(required=True).add_parser("compose")
    kinds.add_argument("-f", dest="file", type=Path, required=True)
    verbs = kinds.add_subparsers(dest="verb", required=True)
    verbs.add_parser("stop").add_argument("services", nargs="+")
    up = verbs.add_parser("up")
    up.add_argument("--detach", action="store_true", required=True)
    up.add_argument("--wait", action="store_true", required=True)
    execute = verbs.add_parser("exec")
    execute.add_argument("-T", action="store_true", required=True)
    execute.add_argument("service")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()

    kept = Path(os.environ["CONTAINERS"])
    running = json.loads(kept.read_text())
    wanted = declared(options.file.parent)
    if options.verb == "exec":
        assert options.service in running, f"{options.service} does not run"
        os.execvp(options.command[0], options.command)
    if options.verb == "stop":
        assert set(options.services) <= wanted.keys(), options.services
        running = {name: one for name, one in running.items() if name not in options.services}
    if options.verb == "up":
        running = wanted
    kept.write_text(json.dumps(running))


def declared(folder: Path) -> dict[str, dict[str, str]]:
    """Return the environments of what runs all the time, as compose's settings in a folder have them."""
    return {
        name: service.get("environment", {})
        for name, service in compose(folder).services.items()
        if service["restart"] == "unless-stopped"
    }


if __name__ == "__main__":
    main()
