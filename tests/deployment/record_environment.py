"""Print which variables a process of a service reads when it starts with this very environment.

`python -m tests.deployment.record_environment orders web`; what it prints is a list in JSON.
"""

import importlib
import json
import os
import sys

from service_defaults import env


def main(service: str, role: str) -> None:
    """Start as far as the settings go, noting each name that is read."""
    names: set[str] = set()
    read = env.text

    def text(name: str, *, default: str = "") -> str:
        names.add(name)
        return read(name, default=default)

    env.text = text
    importlib.import_module(f"{service}_service.config.settings")
    if role == "web":
        importlib.import_module("service_defaults.gunicorn")
    os.write(1, json.dumps(sorted(names)).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
