"""Print the addresses that a service answers to, each as far as its first variable part.

`python -m tests.deployment.list_routes orders`; what it prints is a list in JSON.
"""

import json
import os
import re
import sys
from typing import Any


def main(service: str) -> None:
    """Set the service up and walk through its urls."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"{service}_service.config.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.urls import get_resolver

    routes = {settings.STATIC_URL, *(fixed(route) for route in _list_patterns(get_resolver()))}
    os.write(1, json.dumps(sorted(routes)).encode())


def _list_patterns(resolver: Any, before: str = "/") -> list[str]:
    found = []
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        found += _list_patterns(pattern, route) if hasattr(pattern, "url_patterns") else [route]
    return found


def fixed(route: str) -> str:
    """The part of a route before anything that varies."""
    return re.split(r"[<(?$\[]", route)[0]


if __name__ == "__main__":
    main(sys.argv[1])
