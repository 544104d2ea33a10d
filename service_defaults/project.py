"""How a Django project starts: its `manage.py` and `wsgi.py` name its settings, and nothing else."""

import os
import sys

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application


def run_command(*, settings: str) -> None:
    """Run the management command that the command line names, with this settings module."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    execute_from_command_line(sys.argv)


def wsgi_application(*, settings: str) -> WSGIHandler:
    """Return what gunicorn serves of the project with this settings module."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    return get_wsgi_application()
