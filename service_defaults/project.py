"""How a Django project starts: its `manage.py` and `wsgi.py` name its settings, and nothing else."""

import os
import sys

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application

from service_defaults import tracing


def run_command(*, settings: str) -> None:
    """Run the management command that the command line names, with this settings module."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    process = _process(sys.argv[1:])
    if process:
        tracing.start(_service(settings), process)
    execute_from_command_line(sys.argv)


def wsgi_application(*, settings: str) -> WSGIHandler:
    """Return what gunicorn serves of the project with this settings module."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    tracing.start(_service(settings), "web")
    return get_wsgi_application()


def _process(arguments: list[str]) -> str:
    """Return which long-running process a command is: "relay", a worker's role, or none."""
    match arguments:
        case ["relay", *_]:
            return "relay"
        case ["worker", role, *_]:
            return role
    return ""


def _service(settings: str) -> str:
    return settings.partition(".config")[0].rpartition(".")[2].removesuffix("_service")
