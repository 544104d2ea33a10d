"""Management commands of the audit: `python -m tests.chaos.audit_service.manage …`."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.chaos.audit_service.config.settings")

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
