"""Suspend an account. Run with the auth service's environment."""

import argparse
import os


def main() -> None:
    """Suspend the account with the e-mail address on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("email")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "auth_service.config.settings"
    import django

    django.setup()
    suspend(options.email)


def suspend(email: str) -> None:
    """Suspend this account, with a made-up staff id."""
    from django.db import transaction
    from django.utils import timezone

    from auth_service.accounts.models import User
    from auth_service.accounts.operations import suspend_user
    from shared_events.ids import uuid7

    with transaction.atomic():
        user = User.objects.get(email=email)
        suspend_user(user_id=user.pk, operator_id=uuid7(), now=timezone.now())


if __name__ == "__main__":
    main()
