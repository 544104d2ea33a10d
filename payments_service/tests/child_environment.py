"""The environment of a process that works on the test's own database."""

import os

from django.db import connection


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment with the test's database, and with these variables."""
    database = connection.settings_dict
    address = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "payments_service.config.settings",
        "PAYMENTS_DATABASE_URL": f"postgres://{address}/{database['NAME']}",
        "DJANGO_LOG_LEVEL": "CRITICAL",
        **variables,
    }
