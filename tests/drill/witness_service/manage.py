"""Management commands of the witness: `python -m tests.drill.witness_service.manage …`."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.drill.witness_service.config.settings")

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
