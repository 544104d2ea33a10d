"""`create_operator --email E`: create an account that may use the admin of every service."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils import timezone

from auth_service.accounts import operations
from auth_service.accounts.models import MAX_PASSWORD_LENGTH, User
from contracts import staff
from service_defaults import env


class Command(BaseCommand):
    """Creates the account, or makes it an operator's; running it again changes nothing."""

    help = "Make an operator's account; its password comes from AUTH_OPERATOR_PASSWORD"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --email and --role."""
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--role",
            choices=(staff.SUPPORT, staff.MONEY),
            default=staff.SUPPORT,
            help="support (default): suspend, cancel, withdraw; money: refund and settle too",
        )

    def handle(self, *args: Any, email: str, role: str = staff.SUPPORT, **options: Any) -> None:
        """Grant the role; print whether that changed anything."""
        # From the environment, not an argument: arguments show in the list of processes.
        password = env.required("AUTH_OPERATOR_PASSWORD", example="<a long password>")
        try:
            User.email.field.clean(email, None)
            MaxLengthValidator(MAX_PASSWORD_LENGTH)(password)
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        with transaction.atomic():
            changed = operations.grant_staff(
                email=email, password=password, now=timezone.now(), role=User.Role(role)
            )
        self.stdout.write(f"{email} {'is now' if changed else 'was already'} an operator")
