"""Celery tasks and sweeps: send e-mails, and purge old sessions."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from auth_service.accounts import operations, queries
from auth_service.accounts.models import QueuedEmail, User
from auth_service.clients import mail
from auth_service.credentials import links
from shared_events import sweeps

_RETENTION_AFTER_EXPIRY = timedelta(days=30)
#: Sessions and e-mails per transaction of a sweep.
_SESSIONS_PER_SWEEP = 1000
_EMAILS_PER_SWEEP = 100


@shared_task(name=operations.SEND_EMAIL)
def send_email(*, email_id: str, **_: object) -> None:
    """Send a queued e-mail, if its address has an account. Safe to repeat; a sweep retries failures."""
    if not settings.EMAIL_BACKEND:
        return
    with transaction.atomic():
        email = operations.claim_email(email_id=UUID(email_id), now=timezone.now())
    if email is None:
        return
    user = queries.find_user(email=email.email)
    if user is not None:
        _send(email, user)
    with transaction.atomic():
        operations.delete_email(email_id=email.id)


def _send(email: QueuedEmail, user: User) -> None:
    match email.kind:
        case QueuedEmail.Kind.RESET:
            mail.send_reset(to=user.email, token=links.create_reset_token(user))
        case QueuedEmail.Kind.VERIFY if not user.email_verified:
            mail.send_verification(to=user.email, token=links.create_confirmation_token(user))
        case QueuedEmail.Kind.PASSWORD_CHANGED:
            mail.send_password_changed(to=user.email)


@sweeps.every(seconds=10)
def send_due_emails() -> int:
    """Schedule e-mails again whose command was lost, or whose server was unavailable."""
    with transaction.atomic():
        return operations.send_due_emails(now=timezone.now(), most=_EMAILS_PER_SWEEP)


@sweeps.every(seconds=600)
def purge_old_sessions() -> int:
    """Delete sessions that expired a month ago."""
    with transaction.atomic():
        return operations.purge_sessions(
            expired_before=timezone.now() - _RETENTION_AFTER_EXPIRY, limit=_SESSIONS_PER_SWEEP
        )
